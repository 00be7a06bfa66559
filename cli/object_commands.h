// Commands that other commands start, too.
#pragma once

#include <cstddef>
#include <string>

#include "cli/target.h"

namespace seep {

// seep instances. An exit code.
struct InstancesOptions {
  std::string target;
  std::string klass;
  size_t limit = 20;
  bool json = false;
  SymbolOptions symbols;
};
int ListInstances(const InstancesOptions& options);

// seep words. An exit code.
struct WordsOptions {
  std::string target;
  std::string klass;
  size_t sample = 1000;
  bool contents = false;
  bool json = false;
  SymbolOptions symbols;
};
int ShowWords(const WordsOptions& options);

}  // namespace seep
