// seep snap: what is live now, kept in a .seep file.
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/target.h"
#include "snapshot/seep_file.h"

namespace seep {
namespace {

struct SnapOptions {
  std::string target;
  std::string output;
  SymbolOptions symbols;
  CaptureOptions capture;
};

// "server.1234.seep", in the current directory.
std::string DefaultOutput(const ProcessFacts& process) {
  std::string name = process.executable.substr(process.executable.rfind('/') + 1);
  return absl::StrCat(name.empty() ? "process" : name, ".", process.pid, ".seep");
}

int Snap(SnapOptions options) {
  absl::StatusOr<NamedSnapshot> named = Capture(options.target, options.symbols, options.capture);
  if (!named.ok()) {
    SayError(named.status());
    return kExitNotMeasured;
  }
  const Snapshot& snapshot = *named->snapshot;
  if (options.output.empty()) options.output = DefaultOutput(snapshot.process);
  absl::Status written = AppendSnapshot(options.output, snapshot, named->symbols);
  if (!written.ok()) {
    SayError(written);
    return kExitNotMeasured;
  }
  Say(absl::StrFormat("%s of %s (pid %d): %d live samples in %s", snapshot.process.captured_by,
                      snapshot.process.executable, snapshot.process.pid, snapshot.blocks.size(),
                      options.output));
  Say(absl::StrCat("next: seep report ", ShellQuoted(options.output), " -o leak.html"));
  return kExitOk;
}

constexpr char kFooter[] = R"(Examples:
  seep snap 1234                       a running process that was started with Seep
  seep snap 1234 -o server.seep        once more: the file holds a series of snapshots
  seep snap /dev/shm/seep-0/server.1234.5678.0123456789abcdef -o server.seep
                                       a recording, of a living or a dead process

  seep snap 1234 --consistency fork    a process without Seep, as of one moment

Without --consistency, the process is neither stopped nor written to.)";

}  // namespace

void AddSnapCommand(CLI::App& app, CommandRun* run) {
  CLI::App* command =
      app.add_subcommand("snap", "keep what is live now, by class and call site, in a .seep file");
  auto options = std::make_shared<SnapOptions>();
  command->add_option("target", options->target, "PID, or the path of a recording")->required();
  command->add_option("-o,--output", options->output,
                      "the .seep file; a file that exists gets one more snapshot");
  command->add_option("--debug-dir", options->symbols.debug_directories,
                      "where to look for debug files, by build-id (again for more)");
  command->add_option("--sysroot", options->symbols.root,
                      "where the program's files are, if not where it found them");
  AddCaptureOptions(command, &options->capture);
  command->footer(kFooter);
  command->callback([options, run] { *run = [options] { return Snap(*options); }; });
}

}  // namespace seep
