// seep instances: where objects of a class are.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/heap_look.h"
#include "cli/object_commands.h"
#include "heap/instances/find_instances.h"
#include "report/instances_json.h"
#include "report/instances_text.h"
#include "symbolizer/short_name.h"

namespace seep {
namespace {

absl::StatusOr<Instances> Find(const InstancesOptions& options) {
  SEEP_ASSIGN_OR_RETURN(ClassSelector selector, ClassSelector::Make(options.klass));
  SEEP_ASSIGN_OR_RETURN(HeapLook look, OpenHeap(options.target, options.symbols));
  CountLine progress("looking at live blocks");
  Instances instances = FindInstances(
      *look.heap, selector,
      {.limit = options.limit, .progress = [&](uint64_t blocks) { progress.Show(blocks); }});
  SEEP_RETURN_IF_ERROR(FinishLook(look, &instances.look));
  return instances;
}

constexpr char kFooter[] = R"(Examples:
  seep instances 1234 --class 'common::Closure<void, Env*>'     twenty of them
  seep instances 1234 --class '^order::Lock$' -n 1000 --json | jq -r '.instances[].address'
  seep instances core.1234 --class Session                      of a process that has ended

Classes that derive from a matching one match, too. The sample is uniform over the blocks, and mostly
the same in a second look. A process is neither stopped nor written to.)";

}  // namespace

int ListInstances(const InstancesOptions& options) {
  absl::StatusOr<Instances> instances = Find(options);
  if (!instances.ok()) {
    SayError(instances.status());
    return absl::IsInvalidArgument(instances.status()) ? kExitUsage : kExitNotMeasured;
  }
  if (instances->found.empty()) Say(NoSuchClass(options.target, options.klass));
  if (options.json) return PrintResult(InstancesJson(*instances));
  TextOptions text = TerminalText();
  if (!instances->found.empty()) {
    text.next_command = absl::StrCat("seep words ", ShellQuoted(options.target), " --class ",
                                     ShellQuoted(options.klass));
  }
  return PrintResult(
      InstancesText(*instances, text, [](std::string_view full) { return ShortName(full); }));
}

void AddInstancesCommand(CLI::App& app, CommandRun* run) {
  CLI::App* command = app.add_subcommand("instances", "list addresses of live objects of a class");
  auto options = std::make_shared<InstancesOptions>();
  command->add_option("target", options->target, "PID, prepared or not, or the path of a core")
      ->required();
  command->add_option("--class", options->klass, "regular expression over full class names")
      ->required();
  command->add_option("-n,--limit", options->limit, "how many at most")
      ->check(CLI::Range(size_t{0}, size_t{10'000'000}))
      ->capture_default_str();
  command->add_flag("--json", options->json, "print JSON");
  AddSymbolOptions(command, &options->symbols);
  command->footer(kFooter);
  command->callback([options, run] { *run = [options] { return ListInstances(*options); }; });
}

}  // namespace seep
