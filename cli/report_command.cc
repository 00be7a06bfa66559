// seep report: what is live, for people and for scripts.
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "analysis/analyze.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/target.h"
#include "report/html.h"
#include "report/json.h"
#include "report/sentence.h"
#include "report/text.h"
#include "symbolizer/short_name.h"

namespace seep {
namespace {

struct ReportOptions {
  std::string target;
  bool text = false;
  bool json = false;
  std::string html;  // path
  size_t rows = 10;
  std::optional<size_t> snapshot;
  SymbolOptions symbols;
  CaptureOptions capture;
};

void Print(const std::string& text) { fwrite(text.data(), 1, text.size(), stdout); }

int Report(const ReportOptions& options) {
  absl::StatusOr<NamedSnapshot> named =
      Load(options.target, options.snapshot, options.symbols, options.capture);
  if (!named.ok()) {
    SayError(named.status());
    return kExitNotMeasured;
  }
  AnalyzeOptions analyze;
  analyze.shorten = [](std::string_view full) { return ShortName(full); };
  Findings findings = Analyze(*named->snapshot, named->symbols, analyze);

  if (!options.html.empty()) {
    if (absl::Status written = WriteFile(options.html, Html(findings)); !written.ok()) {
      SayError(written);
      return kExitNotMeasured;
    }
    Say(absl::StrCat("wrote ", options.html));
  }
  if (options.json) Print(Json(findings));
  if (options.text || (!options.json && options.html.empty())) {
    TextOptions text;
    text.width = TerminalWidth();
    text.color = IsTerminal(STDOUT_FILENO);
    text.rows = options.rows;
    if (options.html.empty()) {
      text.next_command =
          absl::StrCat("seep report ", ShellQuoted(options.target), " -o leak.html");
    }
    Print(Text(findings, text));
  }
  if (fflush(stdout) != 0) {
    SayError(FileError("standard output", "cannot write", errno));
    return kExitNotMeasured;
  }
  return kExitOk;
}

constexpr char kFooter[] = R"(Examples:
  seep report server.seep                      on the terminal
  seep report server.seep -o leak.html         a page: one file, needs no network
  seep report server.seep --json | jq '.classes[0]'
  seep report 1234                             a running process, prepared or not, read now
  seep report core.1234                        a core file
  seep report /dev/shm/seep-0/server.1234.5678.0123456789abcdef
                                               the recording that a killed process left behind

Estimates are given with their standard error; what was dropped or not examined is listed.)";

}  // namespace

void AddReportCommand(CLI::App& app, CommandRun* run) {
  CLI::App* command =
      app.add_subcommand("report", "show live objects by class, call site and label");
  auto options = std::make_shared<ReportOptions>();
  command->add_option("target", options->target, "a .seep file, a recording, a core, or a PID")
      ->required();
  command->add_flag("--text", options->text, "print text (the default without --json and -o)");
  command->add_flag("--json", options->json, "print JSON (docs/report_json.md)");
  command->add_option("-o,--output", options->html, "write an HTML page");
  command->add_option("--rows", options->rows, "rows of each table in the text")
      ->capture_default_str();
  command->add_option("--snapshot", options->snapshot,
                      "which snapshot of a .seep file, from 1 (default: the last)");
  command->add_option("--debug-dir", options->symbols.debug_directories,
                      "where to look for debug files, by build-id (again for more)");
  command->add_option("--sysroot", options->symbols.root,
                      "where the program's files are, if not where it found them");
  AddCaptureOptions(command, &options->capture);
  command->footer(kFooter);
  command->callback([options, run] { *run = [options] { return Report(*options); }; });
}

}  // namespace seep
