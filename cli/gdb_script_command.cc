// seep gdb-script: the way into gdb.
#include <string>

#include "cli/command.h"
#include "cli/console.h"
#include "cli/gdb_script.h"
#include "cli/heap_look.h"

namespace seep {
namespace {

int PrintPath() {
  absl::StatusOr<std::string> path = GdbScriptPath();
  if (path.ok()) return PrintResult(*path + "\n");
  SayError(path.status());
  return kExitNotMeasured;
}

constexpr char kFooter[] = R"text(Examples:
  gdb -p 1234 -x "$(seep gdb-script)"               a running process
  gdb server core.1234 -x "$(seep gdb-script)"      a core
  echo "source $(seep gdb-script)" >> ~/.gdbinit    always

In gdb, `help seep` goes on. Of a seep without an installation around it, the scripts are written to
the directory seep-UID among the temporary files.)text";

}  // namespace

void AddGdbScriptCommand(CLI::App& app, CommandRun* run) {
  CLI::App* command =
      app.add_subcommand("gdb-script", "print the path of the script that teaches gdb these words");
  command->footer(kFooter);
  command->callback([run] { *run = PrintPath; });
}

}  // namespace seep
