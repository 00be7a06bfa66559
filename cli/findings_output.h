// Findings on standard output, as the options of a command ask for them.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

#include "analysis/findings.h"
#include "cli/target.h"

namespace seep {

struct FindingsOutput {
  bool text = false;
  bool json = false;
  std::string by;  // "class", "base", "module", "size"; "": classes and bases
  size_t rows = 10;

  bool IsAsked() const { return text || json || !by.empty(); }
};

// --text, --json, --by and --rows.
void AddFindingsOptions(CLI::App* command, FindingsOutput* output);

// What there is to say of a snapshot.
Findings AnalyzeNamed(const NamedSnapshot& named);

// JSON, or text with `next_command` at its end, or both; text where neither was asked for. An exit
// code.
int PrintFindings(const Findings& findings, const FindingsOutput& output,
                  const std::string& next_command);

}  // namespace seep
