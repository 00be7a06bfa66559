#include "cli/findings_output.h"

#include <map>
#include <optional>

#include "analysis/analyze.h"
#include "cli/heap_look.h"
#include "report/json.h"
#include "report/text.h"
#include "symbolizer/short_name.h"

namespace seep {
namespace {

std::optional<HeapTable> TableBy(const std::string& by) {
  static const std::map<std::string, HeapTable> kTables = {{"class", HeapTable::kClasses},
                                                           {"base", HeapTable::kBaseClasses},
                                                           {"module", HeapTable::kModules},
                                                           {"size", HeapTable::kSizes}};
  auto table = kTables.find(by);
  if (table == kTables.end()) return std::nullopt;
  return table->second;
}

}  // namespace

void AddFindingsOptions(CLI::App* command, FindingsOutput* output) {
  command->add_flag("--text", output->text, "print text");
  command->add_flag("--json", output->json, "print JSON (docs/report_json.md)");
  command
      ->add_option("--by", output->by,
                   "the text's table of the heap: class, base, module (of the vtable), size "
                   "(default: class and base)")
      ->check(CLI::IsMember({"class", "base", "module", "size"}));
  command->add_option("--rows", output->rows, "rows of each table in the text")
      ->capture_default_str();
}

Findings AnalyzeNamed(const NamedSnapshot& named) {
  AnalyzeOptions options;
  options.shorten = [](std::string_view full) { return ShortName(full); };
  return Analyze(*named.snapshot, named.symbols, options);
}

int PrintFindings(const Findings& findings, const FindingsOutput& output,
                  const std::string& next_command) {
  std::string printed;
  if (output.json) printed = Json(findings);
  if (output.text || !output.json) {
    TextOptions text = TerminalText();
    text.rows = output.rows;
    text.by = TableBy(output.by);
    text.next_command = next_command;
    printed += Text(findings, text);
  }
  return PrintResult(printed);
}

}  // namespace seep
