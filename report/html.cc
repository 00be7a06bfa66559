#include "report/html.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "report/escape.h"
#include "report/format.h"
#include "report/html_page.h"
#include "report/html_style.h"
#include "report/sentence.h"
#include "report/words.h"

namespace seep {
namespace {

constexpr size_t kPartsShown = 20;  // sites, labels and members within one class
constexpr size_t kNameInSentence = 160;
constexpr size_t kNameInHead = 60;

class HtmlReport {
 public:
  explicit HtmlReport(const Findings& findings) : findings_(findings) {}
  std::string Write() &&;

 private:
  void WriteHead();
  void WriteVerdict();
  void WriteFacts();
  void WriteClasses(std::string_view title, std::string_view note,
                    const std::vector<ClassRow>& rows);
  void WriteClassDetails(const ClassRow& row);
  void WriteSites();
  void WriteStack(const SiteRow& site);
  void WriteLabels();
  void WriteAccounting();
  void WriteAllocators();
  void WriteDropped();
  void WriteNotices();
  void WriteProvenance();

  void SiteLink(const SiteShare& share);

  const Findings& findings_;
  HtmlPage page_;
};

std::string CellBytes(const std::optional<double>& bytes) {
  return bytes ? FormatBytes(*bytes) : "–";
}

std::string HtmlReport::Write() && {
  WriteHead();
  WriteVerdict();
  WriteClasses("Base classes", "Each with everything derived from it.", findings_.base_classes);
  WriteClasses("Classes", "As the objects themselves say.", findings_.classes);
  WriteSites();
  WriteLabels();
  WriteAccounting();
  WriteAllocators();
  WriteDropped();
  WriteNotices();
  WriteProvenance();
  page_.Markup("</main>\n</body>\n</html>\n");
  return std::move(page_).Take();
}

void HtmlReport::WriteHead() {
  const ProcessFacts& process = findings_.process;
  std::string file = process.executable.substr(process.executable.rfind('/') + 1);
  std::string who = Elide(Visible(file), kNameInHead);
  page_.Markup("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  page_.Markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  // Nothing is fetched, whatever a name may say.
  page_.Markup(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n<title>Seep: ");
  page_.Text(who);
  page_.Markup("</title>\n<style>");
  page_.Markup(kHtmlStyle);
  page_.Markup("</style>\n</head>\n<body>\n<header><b>Seep</b><span>");
  page_.Text(absl::StrCat(who, ", pid ", process.pid));
  if (!process.host.empty()) page_.Text(" on " + Elide(Visible(process.host), kNameInHead));
  page_.Markup("</span></header>\n<main>\n");
}

void HtmlReport::WriteVerdict() {
  page_.Markup("<section class=\"verdict\"><p>");
  for (const Phrase& phrase : Sentence(findings_, NameForm::kShort)) {
    switch (phrase.kind) {
      case Phrase::Kind::kWords:
        page_.Text(phrase.text);
        break;
      case Phrase::Kind::kFigure:
        page_.Markup("<span class=\"figure\">");
        page_.Text(phrase.text);
        page_.Markup("</span>");
        break;
      case Phrase::Kind::kName:
        page_.Name(Elide(Visible(phrase.text), kNameInSentence));
        break;
    }
  }
  page_.Markup("</p>\n");
  WriteFacts();
  page_.Markup("</section>\n");
}

void HtmlReport::WriteFacts() {
  const ProcessFacts& process = findings_.process;
  std::string interval =
      process.sample_interval == 0 ? "off" : "one per " + FormatInterval(process.sample_interval);
  std::string samples =
      findings_.allocators.empty()
          ? absl::StrCat(interval, ", ", FormatCount(findings_.live.objects.samples), " alive")
          : "none: all was counted";
  page_.Markup("<dl class=\"facts\">");
  for (const auto& [term, fact] : std::vector<std::pair<std::string, std::string>>{
           {"Live heap", FormatBytes(findings_.live.bytes)},
           {"Live objects", FormatCount(findings_.live.objects)},
           {"RSS", BytesOr(process.rss, "not known")},
           {"Limit", BytesOr(process.limit, "none known")},
           {"Observed", FormatDuration(findings_.observation_s)},
           {"Samples", samples}}) {
    page_.Markup("<div>");
    page_.Pair(term, fact);
    page_.Markup("</div>");
  }
  page_.Markup("</dl>");
}

void HtmlReport::WriteClasses(std::string_view title, std::string_view note,
                              const std::vector<ClassRow>& rows) {
  page_.SectionHead(title, note, rows.size());
  bool counted = !findings_.allocators.empty();
  if (counted) {
    page_.CountHeads("class", {"known by"});
  } else {
    page_.FigureHeads("class", {"freed at its sites", "known by"});
  }
  for (size_t i = 0; i < std::min(rows.size(), kHtmlRows); ++i) {
    const ClassRow& row = rows[i];
    page_.Markup("<tr><td><details><summary>");
    page_.Name(row.short_name);
    if (!row.form.empty()) {
      page_.Markup("<span class=\"tag\">");
      page_.Text(row.form);
      page_.Markup("</span>");
    }
    page_.Markup("</summary>");
    WriteClassDetails(row);
    page_.Markup("</details></td>");
    if (counted) {
      page_.CountCells(row);
    } else {
      page_.FigureCells(row.live, row.ages);
      page_.Cell("freed at its sites", FreedOfBorn(row.turnover));
    }
    page_.Cell("known by", row.evidence);
    page_.Markup("</tr>\n");
  }
  page_.Markup("</tbody></table></section>\n");
}

void HtmlReport::WriteClassDetails(const ClassRow& row) {
  page_.Markup("<div class=\"more\"><p>");
  page_.Name(row.name);
  page_.Markup("</p>");
  if (!row.module.empty()) {
    page_.Markup("<p class=\"soft\">in ");
    page_.Name(row.module);
    page_.Markup("</p>");
  }
  if (!row.bases.empty()) {
    page_.Markup("<p>derived from</p><ul>");
    for (const std::string& base : row.bases) {
      page_.Markup("<li>");
      page_.Name(base);
    }
    page_.Markup("</ul>");
  }
  bool of_itself =
      row.members.size() == 1 && findings_.classes[row.members[0].row].name == row.name;
  if (!row.members.empty() && !of_itself) {
    page_.Markup("<p>consists of</p><ul>");
    for (size_t i = 0; i < std::min(row.members.size(), kPartsShown); ++i) {
      const ClassRow& member = findings_.classes[row.members[i].row];
      page_.Markup("<li>");
      page_.Text(FormatPercent(row.members[i].share) + " ");
      page_.Name(member.short_name);
      if (!member.form.empty()) page_.Text(" [" + member.form + "]");
    }
    page_.MoreThan(kPartsShown, row.members.size());
    page_.Markup("</ul>");
  }
  if (!HasStacks(findings_)) {
    page_.Markup("</div>");
    return;
  }
  page_.Markup("<p>allocated at</p><ul>");
  for (size_t i = 0; i < std::min(row.sites.size(), kPartsShown); ++i) SiteLink(row.sites[i]);
  page_.MoreThan(kPartsShown, row.sites.size() + row.sites_omitted);
  page_.Markup("</ul>");
  if (!row.labels.empty()) {
    page_.Markup("<p>under label</p><ul>");
    for (size_t i = 0; i < std::min(row.labels.size(), kPartsShown); ++i) {
      const LabelShare& label = row.labels[i];
      page_.Markup("<li>");
      page_.Text(FormatBytes(label.live.bytes) + " ");
      page_.Name(label.key + "=" + label.value);
    }
    page_.MoreThan(kPartsShown, row.labels.size());
    page_.Markup("</ul>");
  }
  page_.Markup("</div>");
}

void HtmlReport::SiteLink(const SiteShare& share) {
  const SiteRow& site = findings_.sites[share.site];
  page_.Markup("<li>");
  page_.Text(FormatBytes(share.live.bytes) + " ");
  if (site.frames.empty()) {
    page_.Text("(no stack)");
    return;
  }
  const SiteFrame& frame = site.frames[site.headline];
  bool shown = share.site < kHtmlRows;
  if (shown) page_.Markup(absl::StrCat("<a href=\"#site-", share.site, "\">"));
  page_.Name(frame.short_function);
  if (shown) page_.Markup("</a>");
  page_.Text(" " + ShortPlace(frame));
}

void HtmlReport::WriteSites() {
  if (!HasStacks(findings_)) return;
  const std::vector<SiteRow>& rows = findings_.sites;
  page_.SectionHead("Call sites", "Named by the first frame that is not the allocator's.",
                    rows.size());
  page_.FigureHeads("site", {"freed there"});
  for (size_t i = 0; i < std::min(rows.size(), kHtmlRows); ++i) {
    const SiteRow& site = rows[i];
    page_.Markup(absl::StrCat("<tr id=\"site-", i, "\"><td><details><summary>"));
    if (site.frames.empty()) {
      page_.Name("(no stack)");
    } else {
      const SiteFrame& frame = site.frames[site.headline];
      page_.Name(frame.short_function);
      page_.Markup("<span class=\"tag\">");
      page_.Text(ShortPlace(frame));
      page_.Markup("</span>");
    }
    page_.Markup("</summary>");
    WriteStack(site);
    page_.Markup("</details></td>");
    page_.FigureCells(site.live, site.ages);
    page_.Cell("freed there", FreedOfBorn(site.turnover));
    page_.Markup("</tr>\n");
  }
  page_.Markup("</tbody></table></section>\n");
}

void HtmlReport::WriteStack(const SiteRow& site) {
  page_.Markup("<div class=\"more\"><ol>");
  for (size_t i = 0; i < site.frames.size(); ++i) {
    const SiteFrame& frame = site.frames[i];
    page_.Markup(i < site.headline ? "<li class=\"library\">" : "<li>");
    page_.Name(frame.function.empty() ? frame.short_function : frame.function);
    page_.Markup(" <span class=\"soft\">");
    if (!frame.file.empty()) {
      page_.Text(frame.line == 0 ? frame.file : absl::StrCat(frame.file, ":", frame.line));
    } else {
      page_.Text(frame.module);
    }
    if (frame.inlined) page_.Text(" (inlined)");
    if (frame.function.empty()) page_.Text(" (" + frame.missing + ")");
    page_.Markup("</span>");
  }
  page_.Markup("</ol>");
  if (site.end != StackEnd::kComplete) {
    page_.Markup("<p class=\"soft\">");
    page_.Text(StackEndReason(site.end));
    page_.Markup("</p>");
  }
  page_.Markup("</div>");
}

void HtmlReport::WriteLabels() {
  const std::vector<LabelRow>& rows = findings_.labels;
  if (rows.empty()) return;
  page_.SectionHead("Labels", "Each block counts once for each key.", rows.size());
  page_.FigureHeads("label", {});
  for (size_t i = 0; i < std::min(rows.size(), kHtmlRows); ++i) {
    page_.Markup("<tr><td>");
    page_.Name(rows[i].label.key + "=" + rows[i].label.value);
    page_.Markup("</td>");
    page_.FigureCells(rows[i].label.live, rows[i].ages);
    page_.Markup("</tr>\n");
  }
  page_.Markup("</tbody></table></section>\n");
}

void HtmlReport::WriteAccounting() {
  page_.Markup(
      findings_.allocators.empty()
          ? "<section><h2>Memory</h2><p class=\"soft\">Samples know the live heap alone; the rest "
            "of the resident memory was not examined.</p>"
          : "<section><h2>Memory</h2>");
  page_.Markup(
      "<table class=\"narrow\"><thead><tr>"
      "<th></th><th>reserved</th><th>resident</th></tr></thead><tbody>");
  for (const AccountingRow& row : findings_.accounting) {
    page_.Markup("<tr><td>");
    page_.Text(row.row);
    page_.Markup("</td><td>");
    page_.Text(CellBytes(row.reserved));
    page_.Markup("</td><td>");
    page_.Text(CellBytes(row.resident));
    page_.Markup("</td></tr>\n");
  }
  page_.Markup("</tbody></table></section>\n");
}

void HtmlReport::WriteAllocators() {
  if (findings_.allocators.empty()) return;
  page_.Markup(
      "<section><h2>Allocators</h2><table class=\"narrow\"><thead><tr><th>allocator</th>"
      "<th>live blocks</th><th>live</th><th class=\"word\">kept free</th><th>does not add up</th>"
      "</tr></thead><tbody>");
  for (const WalkedAllocator& allocator : findings_.allocators) {
    page_.Markup("<tr><td>");
    std::string place = allocator.module.empty() ? "" : absl::StrCat(" in ", allocator.module);
    page_.Text(absl::StrCat(allocator.row.kind, place, ", ", allocator.row.description));
    page_.Markup("</td><td>");
    page_.Text(FormatCount(static_cast<double>(allocator.row.live_blocks)));
    page_.Markup("</td><td>");
    page_.Text(FormatBytes(static_cast<double>(allocator.row.live_bytes)));
    page_.Markup("</td><td class=\"long\">");
    page_.Text(KeptFree(allocator.row));
    page_.Markup("</td><td>");
    page_.Text(FormatCount(static_cast<double>(allocator.row.discrepancy)));
    page_.Markup("</td></tr>\n");
  }
  page_.Markup("</tbody></table></section>\n");
}

void HtmlReport::WriteDropped() {
  page_.Markup("<section><h2>Dropped, guessed or not known</h2>");
  if (findings_.dropped.empty()) {
    page_.Markup("<p class=\"soft\">Nothing.</p></section>\n");
    return;
  }
  page_.Markup(
      "<table class=\"narrow\"><thead><tr><th>what</th><th>count</th><th class=\"word\">why</th>"
      "</tr></thead><tbody>");
  for (const Dropped& row : findings_.dropped) {
    page_.Markup("<tr><td>");
    page_.Text(row.what);
    page_.Markup("</td><td>");
    page_.Text(FormatCount(row.count));
    page_.Markup("</td><td class=\"long\">");
    page_.Text(row.why);
    page_.Markup("</td></tr>\n");
  }
  page_.Markup("</tbody></table></section>\n");
}

void HtmlReport::WriteNotices() {
  if (findings_.notices.empty()) return;
  page_.Markup("<section><h2>Notices</h2><ul>");
  for (const NoticeRow& row : findings_.notices) {
    page_.Markup("<li>");
    page_.Text(absl::StrCat("at ", FormatDuration(row.time_s), ": ", row.text));
  }
  page_.Markup("</ul></section>\n");
}

void HtmlReport::WriteProvenance() {
  const ProcessFacts& process = findings_.process;
  page_.Markup("<section><h2>Provenance</h2><dl class=\"pairs\">");
  page_.Pair("executable", process.executable);
  page_.Pair("build-id", process.build_id.empty() ? "none" : Hex(process.build_id));
  page_.Pair("process", absl::StrCat("pid ", process.pid, ", parent ", process.parent_pid, ", uid ",
                                     process.uid, ", pid namespace ", process.pid_namespace));
  page_.Pair("host", absl::StrCat(process.host, ", boot ", process.boot_id));
  page_.Pair("started", FormatTime(process.start_real_ns));
  page_.Pair("captured by", process.captured_by);
  page_.Pair("state", process.alive ? "alive when it was captured" : "dead when it was captured");
  if (findings_.allocators.empty()) {
    page_.Pair("sampling", absl::StrCat("one sample per ", FormatInterval(process.sample_interval),
                                        " of allocation, ",
                                        FormatInterval(process.initial_interval), " at the start"));
    page_.Pair("allocated since start", FormatBytes(process.bytes_allocated));
    page_.Pair("figures", "estimates from samples; ± is one standard error of the sampling");
  }
  page_.Pair("swapped out", BytesOr(process.swap, "not known"));
  page_.Markup("</dl></section>\n");
}

}  // namespace

std::string Html(const Findings& findings) { return HtmlReport(findings).Write(); }

}  // namespace seep
