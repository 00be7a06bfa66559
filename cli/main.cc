#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/target.h"

namespace {

constexpr char kFooter[] = R"text(Examples:
  seep 1234                                 a running process, prepared or not: classes, growth
  seep run -- ./server --port 8080          run a program under the profiler
  seep snap 1234 -o server.seep             keep what is live now, without stopping it
  seep sampling on 1234 --for 10m           call sites of a running tcmalloc, unprepared
  seep report server.seep -o leak.html      a page to read and to send around
  seep report /dev/shm/seep-0/server.1234.5678.0123456789abcdef
                                            after a crash or an OOM kill: from what is left
  seep words 1234 --class Closure           what the live objects of a class have in common
  gdb -p 1234 -x "$(seep gdb-script)"       the same words in gdb

Exit codes: 0 done, 2 wrong usage, 3 could not measure or read; `seep run` has the program's own.)text";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("seep: which C++ objects leak, of which class, from which call site", "seep");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", SEEP_VERSION);
  seep::CommandRun run;
  seep::AddLookCommand(app, &run);
  seep::AddRunCommand(app, &run);
  seep::AddSnapCommand(app, &run);
  seep::AddSamplingCommand(app, &run);
  seep::AddReportCommand(app, &run);
  seep::AddInstancesCommand(app, &run);
  seep::AddWordsCommand(app, &run);
  seep::AddWhatCommand(app, &run);
  seep::AddGdbScriptCommand(app, &run);
  std::vector<char*> words(argv, argv + argc);
  // "seep 1234" is "seep look 1234".
  std::string look = "look";
  if (argc > 1 && seep::AsPid(argv[1])) words.insert(words.begin() + 1, look.data());
  try {
    app.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? seep::kExitOk : seep::kExitUsage;
  }
  return run();
}
