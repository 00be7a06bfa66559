// seep PID: what one types at 3 a.m. Who is it, where is its memory, which classes, what grows, and
// until when; the rest are commands to go on with, and their price.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "analysis/analyze.h"
#include "analysis/growth.h"
#include "base/status_macros.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/output_file.h"
#include "cli/target.h"
#include "heap/program_watch.h"
#include "heap/sampling_switch.h"
#include "report/format.h"
#include "report/growth_text.h"
#include "report/json.h"
#include "report/text.h"
#include "snapshot/seep_file.h"
#include "symbolizer/short_name.h"

namespace seep {
namespace {

using Clock = std::chrono::steady_clock;

struct LookOptions {
  std::string pid;
  std::string output;
  double interval_s = 60;
  bool json = false;  // one object, at the end
  SymbolOptions symbols;
  CaptureOptions capture;
};

struct Look {
  NamedSnapshot named;
  Findings findings;
  double took_s = 0;
};

absl::StatusOr<Look> LookAt(const LookOptions& options, const ProgramWatch& watch,
                            std::string* output) {
  Look look;
  Clock::time_point start = Clock::now();
  SEEP_ASSIGN_OR_RETURN(look.named, Capture(options.pid, options.symbols, options.capture));
  SEEP_RETURN_IF_ERROR(watch.StillTheSame("before it was counted again"));
  look.took_s = std::chrono::duration<double>(Clock::now() - start).count();
  AnalyzeOptions analyze;
  analyze.shorten = [](std::string_view full) { return ShortName(full); };
  look.findings = Analyze(*look.named.snapshot, look.named.symbols, analyze);
  if (output->empty()) *output = DefaultSeepFile(look.named.snapshot->process);
  absl::Status kept = AppendSnapshot(*output, *look.named.snapshot, look.named.symbols);
  if (!kept.ok()) SayError(kept);  // what was found is still shown
  return look;
}

// From before the first count until after the second: two programs are no growth.
absl::StatusOr<ProgramWatch> Watch(const std::string& target) {
  if (std::optional<uint32_t> pid = AsPid(target)) return ProgramWatch::Start(*pid);
  return absl::InvalidArgumentError(
      absl::StrCat(target, ": not a process ID; seep report shows files"));
}

TextOptions ForTerminal() {
  TextOptions text;
  text.width = TerminalWidth();
  text.color = IsTerminal(STDOUT_FILENO);
  return text;
}

void Print(const std::string& text) {
  fwrite(text.data(), 1, text.size(), stdout);
  fflush(stdout);
}

// Ctrl-C at any time ends only us: there is nothing in the target to undo.
void Wait(double seconds) {
  ProgressLine progress(absl::StrCat("second count in ", FormatDuration(seconds),
                                     " (Ctrl-C: the target is not touched)"));
  constexpr int kSteps = 100;
  for (int step = 0; step < kSteps; ++step) {
    progress.Show(static_cast<size_t>(step), kSteps);
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds / kSteps));
  }
}

// tcmalloc can, but not its minimal build. Nothing is written to find out.
bool CanSample(const std::string& pid) {
  std::optional<uint32_t> number = AsPid(pid);
  return number && SamplingSwitch::Find(*number).ok();
}

// What to go on with, and what it costs the target.
std::string NextCommands(const LookOptions& options, const std::string& output, const Look& look) {
  std::string price = FormatDuration(look.took_s);
  std::string next =
      absl::StrCat("seep report ", ShellQuoted(output), " -o leak.html\n",
                   "      a page to read and to send around; reads the file alone\n", "  seep ",
                   options.pid, " --interval 600\n",
                   "      the same over ten minutes; reads the process twice, ", price, " each\n");
  const std::optional<Headline>& headline = look.findings.headline;
  if (headline && !headline->klass.empty()) {
    absl::StrAppend(&next, "  seep words ", options.pid, " --class ", ShellQuoted(headline->klass),
                    "\n", "      what these objects have in common; reads it again, ", price, "\n");
  }
  if (CanSample(options.pid)) {
    absl::StrAppend(&next, "  seep sampling on ", options.pid, " --for 10m\n",
                    "      call sites, without a restart: stores eight bytes in the process\n");
  }
  return next +
         "  seep run -- COMMAND\n      call sites and ages from the first allocation on; a restart";
}

int Run(const LookOptions& options) {
  std::string output = options.output;
  absl::StatusOr<ProgramWatch> watch = Watch(options.pid);
  if (!watch.ok()) {
    SayError(watch.status());
    return kExitNotMeasured;
  }
  absl::StatusOr<Look> first = LookAt(options, *watch, &output);
  if (!first.ok()) {
    SayError(first.status());
    return kExitNotMeasured;
  }
  if (!options.json) Print(Text(first->findings, ForTerminal()));
  if (options.interval_s <= 0) {
    if (options.json) Print(Json(first->findings));
    return kExitOk;
  }
  Wait(options.interval_s);
  absl::StatusOr<Look> second = LookAt(options, *watch, &output);
  if (!second.ok()) {
    SayError(second.status());
    Say(absl::StrCat("the first count is kept in ", output));
    return kExitNotMeasured;
  }
  Growth growth = GrowthBetween(first->findings, second->findings);
  TextOptions text = ForTerminal();
  text.next_command = NextCommands(options, output, *second);
  Print(options.json ? Json(second->findings, growth)
                     : GrowthText(growth, second->findings.process, text));
  Say(absl::StrCat("both counts are kept in ", output, "; each took ",
                   FormatDuration(second->took_s)));
  return kExitOk;
}

constexpr char kFooter[] = R"(Examples:
  seep 1234                      two counts of its live objects by class, 60 s apart
  seep 1234 --interval 600       ten minutes apart: for a slow leak
  seep 1234 --interval 0         one count
  seep 1234 --json | jq '.growth.classes[0]'

The process need not be prepared. It is not stopped, no code is run in it, nothing is written to it.)";

}  // namespace

void AddLookCommand(CLI::App& app, CommandRun* run) {
  CLI::App* command = app.add_subcommand(
      "look", "two counts of a running process by class, and what grew between them: seep PID");
  auto options = std::make_shared<LookOptions>();
  command->add_option("pid", options->pid, "the process")->required();
  command
      ->add_option("--interval", options->interval_s,
                   "seconds between the two counts; 0: one count")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  AddCensusOption(command, &options->capture);
  command->add_option("-o,--output", options->output, "the .seep file that keeps both");
  command->add_flag("--json", options->json, "print JSON (docs/report_json.md), after both counts");
  command->add_option("--debug-dir", options->symbols.debug_directories,
                      "where to look for debug files, by build-id (again for more)");
  command->add_option("--sysroot", options->symbols.root,
                      "where the program's files are, if not where it found them");
  command->footer(kFooter);
  command->callback([options, run] { *run = [options] { return Run(*options); }; });
}

}  // namespace seep
