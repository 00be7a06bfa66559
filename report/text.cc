#include "report/text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "report/escape.h"
#include "report/format.h"
#include "report/sentence.h"
#include "report/text_page.h"
#include "report/words.h"

namespace seep {
namespace {

constexpr size_t kFramesShown = 8;
constexpr size_t kMembersShown = 3;
constexpr size_t kNameInSentence = 160;

class TextReport {
 public:
  TextReport(const Findings& findings, const TextOptions& options)
      : findings_(findings), options_(options), page_(options.width, options.color) {}

  std::string Write() && {
    WriteSentence();
    WriteProcess();
    WriteAccounting();
    WriteAllocators();
    if (Wants(HeapTable::kBaseClasses)) {
      WriteClasses("Base classes", "each with everything derived from it", findings_.base_classes);
    }
    if (Wants(HeapTable::kClasses)) WriteClasses("Classes", "", findings_.classes);
    if (options_.by == HeapTable::kModules) {
      WriteBlocks("Modules", "by where the class's vtable is", findings_.modules);
    }
    if (options_.by == HeapTable::kSizes) WriteBlocks("Sizes", "of blocks", findings_.sizes);
    WriteSites();
    WriteClassSites();
    WriteLabels();
    WriteHeapGrowth();
    WriteDropped();
    WriteNotices();
    WriteFullNames();
    if (!options_.next_command.empty()) {
      page_.Title("Next");
      page_.Line("  " + options_.next_command);
    }
    return std::move(page_).Take();
  }

 private:
  bool Wants(HeapTable table) const { return options_.by.value_or(table) == table; }

  void WriteSentence();
  void WriteProcess();
  void WriteAccounting();
  void WriteAllocators();
  void WriteClasses(const std::string& title, const std::string& note,
                    const std::vector<ClassRow>& rows);
  void WriteBlocks(const std::string& title, const std::string& note,
                   const std::vector<BlockRow>& rows);
  void WriteSites();
  void WriteClassSites();
  void WriteLabels();
  void WriteHeapGrowth();
  void WriteDropped();
  void WriteNotices();
  void WriteFullNames();

  template <typename Row>
  size_t Shown(const std::vector<Row>& rows) const {
    return std::min(rows.size(), options_.rows);
  }
  template <typename Row>
  void Title(const std::string& title, const std::string& note, const std::vector<Row>& rows);

  std::string SameObjects(const std::vector<ClassRow>& rows, size_t leading) const;
  std::string ClassName(const ClassRow& row, size_t columns);
  std::string FrameLine(const SiteFrame& frame, size_t indent);
  std::vector<std::string> StackLines(const SiteRow& site);
  std::string HeadlineFrame(const SiteRow& site, size_t indent);

  const Findings& findings_;
  const TextOptions& options_;
  TextPage page_;
};

TextPage::Row Figures(const Quantity& live, const Ages& ages, std::string last) {
  return {FormatCount(live.objects), FormatBytes(live.bytes),  FormatCount(live.objects.samples),
          AgeOrDash(ages.oldest_s),  AgeOrDash(ages.median_s), std::move(last)};
}

TextPage::Row CountedFigures(const ClassRow& row) {
  TextPage::Row cells = {FormatCount(row.live.objects)};
  if (row.embedded) cells.push_back(FormatCount(static_cast<double>(*row.embedded)));
  cells.insert(cells.end(), {FormatBytes(row.live.bytes), FormatBytes(row.mean_bytes),
                             FormatPercent(row.share_of_live), row.evidence});
  return cells;
}

TextPage::Row FigureHeadings(std::string last) {
  return {"objects", "bytes", "samples", "oldest", "median", std::move(last)};
}

std::string OrDash(const std::optional<double>& bytes) { return bytes ? FormatBytes(*bytes) : "–"; }

template <typename Row>
void TextReport::Title(const std::string& title, const std::string& note,
                       const std::vector<Row>& rows) {
  std::string shown = absl::StrCat("by bytes, ", Shown(rows), " of ", rows.size());
  page_.Title(title, note.empty() ? shown : absl::StrCat(note, "; ", shown));
}

std::string TextReport::ClassName(const ClassRow& row, size_t columns) {
  std::string form = row.form.empty() ? "" : absl::StrCat(" [", Visible(row.form), "]");
  return page_.FitShort(row.short_name, row.name, columns - Width(form)) + form;
}

void TextReport::WriteSentence() {
  std::string text;
  for (const Phrase& phrase : Sentence(findings_, NameForm::kShort)) {
    bool name = phrase.kind == Phrase::Kind::kName;
    text += name ? page_.Fit(phrase.text, kNameInSentence) : phrase.text;
  }
  page_.Paragraph(text);
}

void TextReport::WriteProcess() {
  const ProcessFacts& process = findings_.process;
  page_.Title("Process");
  std::string who = absl::StrCat(Visible(process.executable), ", pid ", process.pid);
  if (!process.host.empty()) absl::StrAppend(&who, " on ", Visible(process.host));
  if (!process.build_id.empty()) absl::StrAppend(&who, ", build-id ", Hex(process.build_id));
  page_.Paragraph(who, 2);
  std::string how = absl::StrCat(Visible(process.captured_by), ObservedFor(findings_));
  if (process.sample_interval > 0) {
    absl::StrAppend(&how, ", one sample per ", FormatInterval(process.sample_interval));
  }
  if (process.pause_ms.has_value()) {
    absl::StrAppend(&how, absl::StrFormat(", its threads stopped for %.1f ms", *process.pause_ms));
  }
  page_.Paragraph(how, 2);
}

void TextReport::WriteAccounting() {
  const Quantity& live = findings_.live;
  page_.Title("Memory");
  std::string how = findings_.allocators.empty()
                        ? absl::StrCat("from ", FormatCount(live.objects.samples),
                                       " samples (± is one standard error)")
                        : "counted";
  page_.Paragraph(absl::StrCat("live heap: ", FormatCount(live.objects), " objects, ",
                               FormatBytes(live.bytes), ", ", how),
                  2);
  page_.Paragraph(absl::StrCat("RSS ", BytesOr(findings_.process.rss, "not known"), ", limit ",
                               BytesOr(findings_.process.limit, "none known")),
                  2);
  TextPage::Table table{{"reserved", "resident", ""}, {}, {}};
  for (const AccountingRow& row : findings_.accounting) {
    table.rows.push_back({OrDash(row.reserved), OrDash(row.resident), Visible(row.row)});
  }
  page_.Print(table, 2);
}

void TextReport::WriteAllocators() {
  for (const WalkedAllocator& allocator : findings_.allocators) {
    const AllocatorRow& row = allocator.row;
    if (IsRawCount(row)) {
      page_.Paragraph(
          absl::StrCat(row.kind, ": ", FormatCount(row.live_blocks), " ", Visible(row.description)),
          2);
      continue;
    }
    page_.Paragraph(
        absl::StrCat(
            row.kind, " in ", Visible(allocator.module), " (", Visible(row.description),
            "): ", FormatCount(static_cast<double>(row.live_blocks)), " live blocks, ",
            FormatBytes(static_cast<double>(row.live_bytes)), "; kept free: ", KeptFree(row),
            "; does not add up: ", FormatCount(static_cast<double>(row.discrepancy)), " blocks"),
        2);
  }
}

// "LEX, Query_tables_list": further names of the same objects, their own class's aside.
std::string TextReport::SameObjects(const std::vector<ClassRow>& rows, size_t leading) const {
  std::string names;
  for (size_t i = leading + 1; i < rows.size(); ++i) {
    if (rows[i].same_as != leading) continue;
    const ClassRow::Member& member = rows[i].members.front();
    if (findings_.classes[member.row].name == rows[i].name) continue;
    absl::StrAppend(&names, names.empty() ? "" : ", ", Visible(rows[i].short_name));
  }
  return names;
}

void TextReport::WriteClasses(const std::string& title, const std::string& note,
                              const std::vector<ClassRow>& rows) {
  std::vector<size_t> leading;  // of rows with the same objects
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].same_as) leading.push_back(i);
  }
  Title(title, note, leading);
  bool counted = !findings_.allocators.empty();
  TextPage::Table table{FigureHeadings("known by"), {}, {}};
  if (counted) table.headings = {"objects", "bytes", "average", "of live", "known by"};
  if (counted && !rows.empty() && rows[0].embedded) {
    table.headings.insert(table.headings.begin() + 1, "embedded");
  }
  for (size_t i = 0; i < Shown(leading); ++i) {
    const ClassRow& row = rows[leading[i]];
    table.rows.push_back(counted ? CountedFigures(row) : Figures(row.live, row.ages, row.evidence));
    std::vector<std::string>& above = table.above.emplace_back();
    above.push_back("  " + ClassName(row, page_.width() - 2));
    if (std::string names = SameObjects(rows, leading[i]); !names.empty()) {
      above.push_back(Elide(absl::StrCat("      = ", names), page_.width()));
    }
    if (row.members.size() == 1 && findings_.classes[row.members[0].row].name == row.name) continue;
    for (size_t m = 0; m < std::min(row.members.size(), kMembersShown); ++m) {
      const ClassRow::Member& member = row.members[m];
      std::string share = absl::StrCat("      ", FormatPercent(member.share), " ");
      size_t room = page_.width() - Width(share);
      above.push_back(share + ClassName(findings_.classes[member.row], room));
    }
  }
  page_.Print(table, 4);
}

void TextReport::WriteBlocks(const std::string& title, const std::string& note,
                             const std::vector<BlockRow>& rows) {
  Title(title, note, rows);
  TextPage::Table table{{"objects", "bytes", "average", "of live", ""}, {}, {}};
  for (size_t i = 0; i < Shown(rows); ++i) {
    const BlockRow& row = rows[i];
    table.rows.push_back({FormatCount(row.live.objects), FormatBytes(row.live.bytes),
                          FormatBytes(row.mean_bytes), FormatPercent(row.share_of_live), ""});
    table.above.push_back({"  " + page_.Fit(row.name, page_.width() - 2)});
  }
  page_.Print(table, 4);
}

std::string TextReport::FrameLine(const SiteFrame& frame, size_t indent) {
  std::string place = Visible(ShortPlace(frame));
  std::string tail = place.empty() ? "" : absl::StrCat("  ", place);
  if (frame.inlined) tail += " (inlined)";
  if (frame.function.empty()) {
    // The reason in full is among what was dropped.
    std::string line = std::string(indent, ' ') + page_.Fit(frame.short_function, page_.width());
    return Elide(absl::StrCat(line, tail, "  (", Visible(frame.missing), ")"), page_.width());
  }
  // The name gives way to the place, but not to nothing.
  size_t taken = indent + Width(tail);
  size_t room = page_.width() > taken + 30 ? page_.width() - taken : 30;
  std::string shown = Elide(Visible(frame.short_function), room);
  // A short form is no loss where it fits: "f" for "f(int)" needs no entry of its own.
  if (shown != Visible(frame.short_function)) page_.Fit(frame.function, room);
  return std::string(indent, ' ') + shown + tail;
}

std::string TextReport::HeadlineFrame(const SiteRow& site, size_t indent) {
  if (site.frames.empty()) return std::string(indent, ' ') + "(no stack)";
  const SiteFrame& frame = site.frames[site.headline];
  if (!frame.function.empty() && frame.short_function != frame.function) {
    page_.FitShort(frame.short_function, frame.function, page_.width());
  }
  return FrameLine(frame, indent);
}

std::vector<std::string> TextReport::StackLines(const SiteRow& site) {
  std::vector<std::string> lines = {HeadlineFrame(site, 2)};
  size_t end = std::min(site.frames.size(), site.headline + 1 + kFramesShown);
  for (size_t i = site.headline + 1; i < end; ++i) lines.push_back(FrameLine(site.frames[i], 6));
  if (end < site.frames.size()) {
    lines.push_back(absl::StrCat("      … ", site.frames.size() - end, " more frames"));
  } else if (site.end != StackEnd::kComplete) {
    lines.push_back(absl::StrCat("      … ", StackEndReason(site.end)));
  }
  return lines;
}

void TextReport::WriteSites() {
  if (!HasStacks(findings_)) {
    page_.Title("Call sites");
    page_.Line("  not known: nobody recorded stacks in this process");
    return;
  }
  Title("Call sites", "", findings_.sites);
  TextPage::Table table{FigureHeadings("freed there"), {}, {}};
  for (size_t i = 0; i < Shown(findings_.sites); ++i) {
    const SiteRow& site = findings_.sites[i];
    table.rows.push_back(Figures(site.live, site.ages, FreedOfBorn(site.turnover)));
    table.above.push_back(StackLines(site));
  }
  page_.Print(table, 4);
}

void TextReport::WriteClassSites() {
  if (!HasStacks(findings_)) return;
  Title("Class × site", "", findings_.class_sites);
  TextPage::Table table{FigureHeadings(""), {}, {}};
  for (size_t i = 0; i < Shown(findings_.class_sites); ++i) {
    const ClassSiteRow& row = findings_.class_sites[i];
    table.rows.push_back(Figures(row.share.live, row.share.ages, ""));
    table.above.push_back({"  " + ClassName(findings_.classes[row.klass], page_.width() - 2),
                           HeadlineFrame(findings_.sites[row.share.site], 4)});
  }
  page_.Print(table, 4);
}

void TextReport::WriteLabels() {
  if (findings_.labels.empty()) return;
  Title("Labels", "", findings_.labels);
  TextPage::Table table{FigureHeadings(""), {}, {}};
  for (size_t i = 0; i < Shown(findings_.labels); ++i) {
    const LabelRow& row = findings_.labels[i];
    table.rows.push_back(Figures(row.label.live, row.ages, ""));
    std::string pair = absl::StrCat(row.label.key, "=", row.label.value);
    table.above.push_back({"  " + page_.Fit(pair, page_.width() - 2)});
  }
  page_.Print(table, 4);
}

void TextReport::WriteHeapGrowth() {
  if (findings_.heap_growth.empty()) return;
  Title("Where the heap grew", "who needed memory then, not who holds it now",
        findings_.heap_growth);
  TextPage::Table table{{"bytes", "times", ""}, {}, {}};
  for (size_t i = 0; i < Shown(findings_.heap_growth); ++i) {
    const HeapGrowthRow& row = findings_.heap_growth[i];
    table.rows.push_back({FormatBytes(row.bytes), FormatCount(static_cast<double>(row.times)), ""});
    table.above.push_back(StackLines(row.site));
  }
  page_.Print(table, 4);
}

void TextReport::WriteDropped() {
  page_.Title("Dropped, guessed or not known");
  if (findings_.dropped.empty()) page_.Line("  nothing");
  for (const Dropped& row : findings_.dropped) {
    page_.Paragraph(
        absl::StrCat(FormatCount(row.count), " ", Visible(row.what), ": ", Visible(row.why)), 2);
  }
}

void TextReport::WriteNotices() {
  if (findings_.notices.empty()) return;
  page_.Title("Notices");
  for (const NoticeRow& row : findings_.notices) {
    page_.Paragraph(absl::StrCat("at ", FormatDuration(row.time_s), ": ", Visible(row.text)), 2);
  }
}

void TextReport::WriteFullNames() {
  if (page_.full_names().empty()) return;
  page_.Title("Full names");
  for (const std::string& name : page_.full_names()) page_.Line("  " + name);
}

}  // namespace

std::string Text(const Findings& findings, const TextOptions& options) {
  return TextReport(findings, options).Write();
}

}  // namespace seep
