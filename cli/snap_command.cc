// seep snap: what is live now, kept in a .seep file, and shown where asked for.
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/findings_output.h"
#include "cli/heap_look.h"
#include "cli/object_commands.h"
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
  FindingsOutput show;
  std::string klass;  // whose objects are looked at, too
  std::optional<size_t> instances;
  bool words = false;
};

// As `seep instances` and `seep words` do, after the snapshot: the process may have gone on.
int LookAtObjects(const SnapOptions& options) {
  int code = kExitOk;
  if (options.instances) {
    code = ListInstances({.target = options.target,
                          .klass = options.klass,
                          .limit = *options.instances,
                          .json = options.show.json,
                          .symbols = options.symbols});
  }
  if (code != kExitOk || !options.words) return code;
  return ShowWords({.target = options.target,
                    .klass = options.klass,
                    .json = options.show.json,
                    .symbols = options.symbols});
}

// "": nothing.
std::string WrongWith(const SnapOptions& options) {
  if (options.klass.empty()) return "";
  if (!options.instances && !options.words) return "--class needs --instances N, or --words";
  if (options.capture.consistency == "none") return "";
  return "--class looks at the process as it runs: not with --consistency";
}

int Snap(SnapOptions options) {
  if (std::string wrong = WrongWith(options); !wrong.empty()) {
    Say(wrong);
    return kExitUsage;
  }
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
  if (!options.klass.empty()) return LookAtObjects(options);
  std::string next = absl::StrCat("seep report ", ShellQuoted(options.output), " -o leak.html");
  if (options.show.IsAsked()) return PrintFindings(AnalyzeNamed(*named), options.show, next);
  Say(absl::StrCat("next: ", next));
  return kExitOk;
}

void AddObjectOptions(CLI::App* command, SnapOptions* options) {
  CLI::Option* klass = command->add_option("--class", options->klass,
                                           "look at objects of these classes, too: a regular "
                                           "expression over full class names");
  command
      ->add_option("--instances", options->instances,
                   "list so many of them, as seep instances does")
      ->needs(klass);
  command->add_flag("--words", options->words, "what they have in common, as seep words tells it")
      ->needs(klass);
}

constexpr char kFooter[] = R"(Examples:
  seep snap 1234                       a running process, prepared or not
  seep snap 1234 -o server.seep        once more: the file holds a series of snapshots
  seep snap /dev/shm/seep-0/server.1234.5678.0123456789abcdef -o server.seep
                                       a recording, of a living or a dead process
  seep snap core.1234                  a core file

  seep snap 1234 --census              a process with Seep: every object counted, and the samples
  seep snap 1234 --consistency fork    a census of one moment
  seep snap 1234 --by size             kept, and shown by size of blocks
  seep snap 1234 --class '^Lock$' --words
                                       kept, and then: what the locks have in common

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
  AddSymbolOptions(command, &options->symbols);
  AddCaptureOptions(command, &options->capture);
  AddFindingsOptions(command, &options->show);
  AddObjectOptions(command, options.get());
  command->footer(kFooter);
  command->callback([options, run] { *run = [options] { return Snap(*options); }; });
}

}  // namespace seep
