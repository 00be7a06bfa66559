// seep words: what the instances of a class have in common.
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/console.h"
#include "cli/heap_look.h"
#include "cli/object_commands.h"
#include "heap/instances/class_words.h"
#include "report/instances_json.h"
#include "report/instances_text.h"
#include "symbolizer/short_name.h"

namespace seep {
namespace {

struct NamedWords {
  WordsLook words;
  SymbolTable symbols;
};

std::vector<CodeLocation> CodeIn(const WordsLook& look) {
  std::vector<CodeLocation> code;
  for (const ClassWords& klass : look.classes) {
    for (const OffsetWords& words : klass.offsets) {
      for (const WordShare& share : words.shares) {
        WordKind kind = share.meaning.kind;
        if (kind == WordKind::kCode || kind == WordKind::kVirtualMethod) {
          code.push_back(AfterFirstByte(share.meaning.location));
        }
      }
    }
  }
  return code;
}

absl::StatusOr<NamedWords> FindWords(const WordsOptions& options) {
  SEEP_ASSIGN_OR_RETURN(ClassSelector selector, ClassSelector::Make(options.klass));
  SEEP_ASSIGN_OR_RETURN(HeapLook look, OpenHeap(options.target, options.symbols));
  CountLine progress("looking at live blocks");
  Instances instances = FindInstances(
      *look.heap, selector,
      {.limit = options.sample, .progress = [&](uint64_t blocks) { progress.Show(blocks); }});
  NamedWords named;
  named.words.classes = FindClassWords(*look.heap, instances, {.contents = options.contents});
  named.words.look = look.heap->Describe();
  SEEP_RETURN_IF_ERROR(FinishLook(look, &named.words.look));
  named.symbols = NameCode(look, CodeIn(named.words));
  return named;
}

constexpr char kFooter[] = R"(Examples:
  seep words 1234 --class 'common::Closure<void, Env*>'   the function that each would have called
  seep words 1234 --class '^order::Lock$' --contents      and the names in them
  seep words core.1234 --class Session --sample 100000 --json

For every 8 bytes of the objects: code, objects pointed at (live or freed), variables, constants, each
with its share of a uniform sample. Classes that derive from a matching one are shown each by
itself. Without --contents no text of the program is shown. A process is neither stopped nor
written to.)";

}  // namespace

int ShowWords(const WordsOptions& options) {
  absl::StatusOr<NamedWords> named = FindWords(options);
  if (!named.ok()) {
    SayError(named.status());
    return absl::IsInvalidArgument(named.status()) ? kExitUsage : kExitNotMeasured;
  }
  if (named->words.classes.empty()) Say(NoSuchClass(options.target, options.klass));
  if (options.json) return PrintResult(WordsJson(named->words, named->symbols));
  return PrintResult(WordsText(named->words, named->symbols, TerminalText(),
                               [](std::string_view full) { return ShortName(full); }));
}

void AddWordsCommand(CLI::App& app, CommandRun* run) {
  CLI::App* command =
      app.add_subcommand("words", "show what the live objects of a class have in common");
  auto options = std::make_shared<WordsOptions>();
  command->add_option("target", options->target, "PID, prepared or not, or the path of a core")
      ->required();
  command->add_option("--class", options->klass, "regular expression over full class names")
      ->required();
  command->add_option("--sample", options->sample, "objects to look into")
      ->check(CLI::Range(size_t{1}, size_t{1'000'000}))
      ->capture_default_str();
  command->add_flag("--contents", options->contents, "show texts, too: they may be confidential");
  command->add_flag("--json", options->json, "print JSON");
  AddSymbolOptions(command, &options->symbols);
  command->footer(kFooter);
  command->callback([options, run] { *run = [options] { return ShowWords(*options); }; });
}

}  // namespace seep
