// One verb of the command line: its options, its help with examples, and what it does.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace seep {

// What a command ends with, unless it stands in for a program's own exit code.
enum ExitCode : int {
  kExitOk = 0,
  kExitUsage = 2,
  kExitNotMeasured = 3,  // the target could not be read, or nothing was recorded: never a silent 0
};

// Adds the verb to `app`; once it has been chosen and parsed, *run holds what to do.
using CommandRun = std::function<int()>;
void AddRunCommand(CLI::App& app, CommandRun* run);
void AddSnapCommand(CLI::App& app, CommandRun* run);
void AddLookCommand(CLI::App& app, CommandRun* run);
void AddSamplingCommand(CLI::App& app, CommandRun* run);
void AddReportCommand(CLI::App& app, CommandRun* run);
void AddInstancesCommand(CLI::App& app, CommandRun* run);
void AddWordsCommand(CLI::App& app, CommandRun* run);
void AddWhatCommand(CLI::App& app, CommandRun* run);
void AddGdbScriptCommand(CLI::App& app, CommandRun* run);

}  // namespace seep
