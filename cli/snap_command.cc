// seep snap: what is live now, kept in a .seep file.
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/output_file.h"
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

int Snap(SnapOptions options) {
  absl::StatusOr<NamedSnapshot> named = Capture(options.target, options.symbols, options.capture);
  if (!named.ok()) {
    SayError(named.status());
    return kExitNotMeasured;
  }
  const Snapshot& snapshot = *named->snapshot;
  if (options.output.empty()) options.output = DefaultSeepFile(snapshot.process);
  absl::Status written = AppendSnapshot(options.output, snapshot, named->symbols);
  if (!written.ok()) {
    SayError(written);
    return kExitNotMeasured;
  }
  bool counted = !snapshot.allocators.empty();
  uint64_t blocks = 0;
  for (const Block& block : snapshot.blocks) blocks += block.count;
  Say(absl::StrFormat("%s (pid %d), %s: %d live %s in %s", snapshot.process.executable,
                      snapshot.process.pid, snapshot.process.captured_by, blocks,
                      counted ? "blocks counted" : "samples", options.output));
  Say(absl::StrCat("next: seep report ", ShellQuoted(options.output), " -o leak.html"));
  return kExitOk;
}

constexpr char kFooter[] = R"(Examples:
  seep snap 1234                       a running process, prepared or not
  seep snap 1234 -o server.seep        once more: the file holds a series of snapshots
  seep snap /dev/shm/seep-0/server.1234.5678.0123456789abcdef -o server.seep
                                       a recording, of a living or a dead process
  seep snap core.1234                  a core file

  seep snap 1234 --census              a process with Seep: every object counted, and the samples
  seep snap 1234 --consistency fork    a census of one moment

A process that was started with Seep has a recording, with call sites. Of any other the heap itself
is walked, and every live object counted by class; with --census of this one, too, and the recording
says which call sites the counted objects come from. Without --consistency, the process is neither
stopped nor written to.)";

}  // namespace

void AddSnapCommand(CLI::App& app, CommandRun* run) {
  CLI::App* command =
      app.add_subcommand("snap", "keep what is live now, by class and call site, in a .seep file");
  auto options = std::make_shared<SnapOptions>();
  command->add_option("target", options->target, "PID, or the path of a recording or a core")
      ->required();
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
