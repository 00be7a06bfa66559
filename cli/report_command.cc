// seep report: what is live, for people and for scripts.
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/findings_output.h"
#include "cli/heap_look.h"
#include "cli/target.h"
#include "report/html.h"

namespace seep {
namespace {

struct ReportOptions {
  std::string target;
  FindingsOutput output;
  std::string html;  // path
  std::optional<size_t> snapshot;
  SymbolOptions symbols;
  CaptureOptions capture;
};

int Report(const ReportOptions& options) {
  absl::StatusOr<NamedSnapshot> named =
      Load(options.target, options.snapshot, options.symbols, options.capture);
  if (!named.ok()) {
    SayError(named.status());
    return kExitNotMeasured;
  }
  Findings findings = AnalyzeNamed(*named);
  if (options.html.empty()) {
    return PrintFindings(
        findings, options.output,
        absl::StrCat("seep report ", ShellQuoted(options.target), " -o leak.html"));
  }
  if (absl::Status written = WriteFile(options.html, Html(findings)); !written.ok()) {
    SayError(written);
    return kExitNotMeasured;
  }
  Say(absl::StrCat("wrote ", options.html));
  return options.output.IsAsked() ? PrintFindings(findings, options.output, "") : kExitOk;
}

constexpr char kFooter[] = R"(Examples:
  seep report server.seep                      on the terminal
  seep report server.seep -o leak.html         a page: one file, needs no network
  seep report server.seep --json | jq '.classes[0]'
  seep report server.seep --by module --rows 50
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
  AddFindingsOptions(command, &options->output);
  command->add_option("-o,--output", options->html, "write an HTML page");
  command->add_option("--snapshot", options->snapshot,
                      "which snapshot of a .seep file, from 1 (default: the last)");
  AddSymbolOptions(command, &options->symbols);
  AddCaptureOptions(command, &options->capture);
  command->footer(kFooter);
  command->callback([options, run] { *run = [options] { return Report(*options); }; });
}

}  // namespace seep
