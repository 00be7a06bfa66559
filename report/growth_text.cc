#include "report/growth_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "report/escape.h"
#include "report/format.h"
#include "report/text_page.h"
#include "report/words.h"

namespace seep {
namespace {

std::string Signed(double number, const std::string& magnitude) {
  return absl::StrCat(number < 0 ? "−" : "+", magnitude);
}

std::string SignedBytes(double bytes) {
  return Signed(bytes, FormatBytes(bytes < 0 ? -bytes : bytes));
}

std::string SignedCount(double count) {
  return Signed(count, FormatCount(count < 0 ? -count : count));
}

std::string Verdict(const Growth& growth, const ProcessFacts& now) {
  std::string text =
      absl::StrCat("In ", FormatDuration(growth.seconds), " the live heap changed by ",
                   SignedBytes(growth.bytes), " (", SignedCount(growth.objects), " objects)");
  if (growth.rss_bytes_per_s && *growth.rss_bytes_per_s > 0) {
    absl::StrAppend(&text, ", RSS grew by ", FormatByteRate(*growth.rss_bytes_per_s));
  } else if (growth.rss_bytes_per_s) {
    absl::StrAppend(&text, ", RSS did not grow");
  }
  absl::StrAppend(&text, ". RSS is ", BytesOr(now.rss, "not known"), ", the limit ",
                  BytesOr(now.limit, "not known"));
  if (growth.seconds_to_limit) {
    absl::StrAppend(&text, ": at this rate it is reached in ",
                    FormatDuration(*growth.seconds_to_limit));
  }
  return text + ".";
}

std::string StillThere(const std::optional<Survival>& survival) {
  if (!survival) return "";
  std::string share = FormatPercent(survival->share);
  if (survival->std_error < 0.005) return share;
  return absl::StrCat(share, " ± ", FormatPercent(survival->std_error));
}

}  // namespace

std::string GrowthText(const Growth& growth, const ProcessFacts& now, const TextOptions& options) {
  TextPage page(options.width, options.color);
  size_t shown = std::min(growth.classes.size(), options.rows);
  page.Title("Growth", absl::StrCat("between two counts, ", FormatDuration(growth.seconds),
                                    " apart; by bytes, ", shown, " of ", growth.classes.size()));
  page.Paragraph(Verdict(growth, now), 2);
  TextPage::Table table{{"objects", "bytes", "bytes/s", "now", "of before still there"}, {}, {}};
  for (size_t i = 0; i < shown; ++i) {
    const ClassGrowth& row = growth.classes[i];
    table.rows.push_back({SignedCount(row.objects), SignedBytes(row.bytes),
                          SignedBytes(row.bytes_per_s), FormatCount(row.now.objects),
                          StillThere(row.survival)});
    std::string form = row.form.empty() ? "" : absl::StrCat(" [", Visible(row.form), "]");
    size_t room = page.width() - 2 - std::min(page.width() - 2, Width(form));
    table.above.push_back({"  " + page.FitShort(row.short_name, row.name, room) + form});
  }
  page.Print(table, 4);
  if (!options.next_command.empty()) {
    page.Title("Next");
    page.Line("  " + options.next_command);
  }
  if (!page.full_names().empty()) {
    page.Title("Full names");
    for (const std::string& name : page.full_names()) page.Line("  " + name);
  }
  return std::move(page).Take();
}

}  // namespace seep
