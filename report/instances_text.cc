#include "report/instances_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "report/escape.h"
#include "report/format.h"
#include "report/instances_words.h"
#include "report/text_page.h"

namespace seep {
namespace {

constexpr size_t kIndent = 2;
constexpr size_t kShareColumn = 20;  // where descriptions begin

void AddEnd(const LookedAt& look, const TextOptions& options, TextPage* page) {
  if (!page->full_names().empty()) {
    page->Title("Full names");
    for (const std::string& name : page->full_names()) page->Line("  " + name);
  }
  if (!look.dropped.empty()) {
    page->Title("Not examined");
    for (const Dropped& dropped : look.dropped) {
      page->Paragraph(
          Visible(absl::StrCat(dropped.what, ": ", FormatCount(dropped.count), ", ", dropped.why)),
          kIndent);
    }
  }
  if (!options.next_command.empty()) {
    page->Title("Next");
    page->Line("  " + Visible(options.next_command));
  }
}

std::string Columns(std::string_view offset, std::string_view share, std::string_view what) {
  return absl::StrFormat("  %7s  %8s  %s", std::string(offset), std::string(share),
                         std::string(what));
}

// Fewer zeros in a row than these have a line each.
constexpr size_t kZerosShown = 3;

bool IsZeroInAll(const OffsetWords& words) {
  return words.shares.size() == 1 && words.shares[0].meaning.kind == WordKind::kZero &&
         words.other_numbers == 0 && words.others == 0 && words.texts.empty();
}

class WordsPage {
 public:
  WordsPage(const WordsLook& words, const SymbolTable& symbols, const TextOptions& options,
            const Shorten& shorten)
      : words_(words), symbols_(symbols), shorten_(shorten), page_(options.width, options.color) {}

  void Add(const ClassWords& klass) {
    std::string name = ClassName(words_.look, klass.klass);
    page_.Title(page_.FitShort(shorten_(name), name, page_.width()));
    page_.Paragraph(
        absl::StrCat(FormatCount(klass.instances), " of ", FormatCount(klass.objects),
                     " objects, the first ", klass.bytes,
                     " bytes of each (what the allocator rounds up to is among them, and may be of "
                     "an earlier owner)"),
        kIndent);
    page_.Faint(Columns("offset", "share", "what the word is"));
    for (size_t i = 0; i < klass.offsets.size();) {
      size_t zeros = i;
      while (zeros < klass.offsets.size() && IsZeroInAll(klass.offsets[zeros])) ++zeros;
      if (zeros < i + kZerosShown) {
        Add(klass.offsets[i++]);
        continue;
      }
      offset_ = absl::StrCat("+", klass.offsets[i].offset);
      Row(1, absl::StrCat("0, as are all up to +", klass.offsets[zeros - 1].offset));
      i = zeros;
    }
  }

  std::string Take(const TextOptions& options) && {
    AddEnd(words_.look, options, &page_);
    return std::move(page_).Take();
  }

 private:
  void Row(double share, const std::string& what) {
    page_.Line(Columns(offset_, FormatPercent(share),
                       page_.FitShort(shorten_(what), what, page_.width() - kShareColumn)));
    offset_.clear();
  }

  void Add(const OffsetWords& words) {
    offset_ = absl::StrCat("+", words.offset);
    for (const WordShare& share : words.shares) {
      Row(share.share, DescribeWord(words_.look, symbols_, share.meaning));
    }
    if (words.other_numbers > 0) {
      bool one = words.other_numbers_different == 1;
      Row(words.other_numbers_share,
          one ? absl::StrCat(words.least)
              : absl::StrCat(FormatCount(words.other_numbers_different), " numbers from ",
                             words.least, " to ", words.greatest));
    }
    if (words.others > 0) Row(words.others_share, "other");
    for (const TextPlace& place : words.texts) Add(place);
  }

  void Add(const TextPlace& place) {
    std::string where =
        place.pointed_at ? absl::StrCat("text at +", place.inner_offset, " there: ") : "text: ";
    for (const TextShare& value : place.values) {
      Row(value.share, absl::StrCat(where, "\"", value.text, "\""));
    }
    if (place.different > place.values.size()) {
      page_.Line(Columns(
          "", "", absl::StrCat(where, FormatCount(place.different), " different ones in all")));
    }
  }

  const WordsLook& words_;
  const SymbolTable& symbols_;
  const Shorten& shorten_;
  TextPage page_;
  std::string offset_;  // on the first row of an offset alone
};

}  // namespace

std::string InstancesText(const Instances& instances, const TextOptions& options,
                          const Shorten& shorten) {
  TextPage page(options.width, options.color);
  page.Title("Classes");
  TextPage::Table classes{.headings = {"objects", "bytes", "class"}, .rows = {}, .above = {}};
  for (const InstanceCount& count : instances.found) {
    std::string name = ClassName(instances.look, count.klass);
    classes.rows.push_back({FormatCount(count.objects),
                            FormatBytes(static_cast<double>(count.bytes)),
                            page.FitShort(shorten(name), name, options.width - kShareColumn)});
  }
  page.Print(classes, kIndent);
  page.Title("Instances", "a uniform sample, by address");
  TextPage::Table rows{.headings = {"address", "block", "bytes", "class"}, .rows = {}, .above = {}};
  for (const Instance& instance : instances.sample) {
    std::string name = ClassName(instances.look, instance.klass);
    if (instance.objects > 1) absl::StrAppend(&name, "[", instance.objects, "]");
    uint64_t inside = instance.address - instance.block;
    rows.rows.push_back({HexAddress(instance.address),
                         inside == 0 ? "" : absl::StrCat(HexAddress(instance.block), "+", inside),
                         absl::StrCat(instance.block_size),
                         page.FitShort(shorten(name), name, options.width / 2)});
  }
  page.Print(rows, kIndent);
  AddEnd(instances.look, options, &page);
  return std::move(page).Take();
}

std::string WordsText(const WordsLook& words, const SymbolTable& symbols,
                      const TextOptions& options, const Shorten& shorten) {
  WordsPage page(words, symbols, options, shorten);
  for (const ClassWords& klass : words.classes) page.Add(klass);
  return std::move(page).Take(options);
}

std::string AddressText(const AddressLook& addresses, const SymbolTable& symbols,
                        const TextOptions& options) {
  TextPage page(options.width, options.color);
  for (const AddressLook::Answer& answer : addresses.answers) {
    page.Line(HexAddress(answer.address));
    page.Paragraph(Visible(DescribeAnswer(addresses.look, symbols, answer)), kIndent);
  }
  AddEnd(addresses.look, options, &page);
  return std::move(page).Take();
}

}  // namespace seep
