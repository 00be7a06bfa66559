#include "analysis/headline.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "analysis/names.h"
#include "analysis/summary.h"

namespace seep {
namespace {

// A place in the code with all stacks that lead there. Of blocks that have neither stack nor class:
// those whose heads look alike.
struct Place {
  const SiteFrame* frame = nullptr;  // null: no stack is known
  std::string form;                  // of blocks without a class
  double rank = 0;
  Quantity live;
  std::optional<double> oldest_s;
  std::optional<SiteTurnover> turnover;
};

double UnfreedShare(const std::optional<SiteTurnover>& turnover) {
  return turnover ? 1 - Share(turnover->died.bytes.value, turnover->born.bytes.value) : 1;
}

// Ranks as headline.h says.
class Ranking {
 public:
  explicit Ranking(const Tables& tables) : tables_(tables) {
    for (const ClassRow& row : tables.classes) {
      double& sum = by_class_.emplace_back(0);
      for (const SiteShare& share : row.sites) sum += Of(share);
    }
  }

  double Of(const SiteShare& share) const {
    constexpr double kEarlyWeight = 1.0 / 20;
    double early_bytes = share.live.bytes.value - share.later_bytes;
    return (share.later_bytes + early_bytes * kEarlyWeight) *
           UnfreedShare(tables_.sites[share.site].turnover);
  }

  // Of a base class: its members have no block in common.
  double Of(const ClassRow& base) const {
    double sum = 0;
    for (const ClassRow::Member& member : base.members) sum += by_class_[member.row];
    return sum;
  }

 private:
  const Tables& tables_;
  std::vector<double> by_class_;
};

using PlaceKey = std::tuple<std::string, std::string, uint32_t, std::string, uint64_t>;

PlaceKey KeyOf(const SiteFrame* frame, const std::string& form) {
  if (frame == nullptr) return {form, {}, 0, {}, 0};
  bool has_line = !frame->function.empty() && frame->line != 0;
  return {frame->function, frame->file, frame->line, frame->module, has_line ? 0 : frame->offset};
}

// The place in the code where most of these classes' rank was allocated. Of at least one class.
Place LeadingPlace(const Tables& tables, const Ranking& ranking,
                   const std::vector<const ClassRow*>& classes) {
  std::map<PlaceKey, Place> places;
  absl::flat_hash_set<size_t> counted;  // the past of a site that several of them share
  for (const ClassRow* row : classes) {
    for (const SiteShare& share : row->sites) {
      const SiteRow& site = tables.sites[share.site];
      const SiteFrame* frame = site.frames.empty() ? nullptr : &site.frames[site.headline];
      std::string form = row->evidence == "none" ? row->form : "";
      Place& place = places[KeyOf(frame, form)];
      place.frame = frame;
      place.form = std::move(form);
      place.rank += ranking.Of(share);
      place.live.objects += share.live.objects;
      place.live.bytes += share.live.bytes;
      place.oldest_s = std::max(place.oldest_s, share.ages.oldest_s);
      if (site.turnover && counted.insert(share.site).second) Add(*site.turnover, place.turnover);
    }
  }
  return std::max_element(
             places.begin(), places.end(),
             [](const auto& a, const auto& b) { return a.second.rank < b.second.rank; })
      ->second;
}

std::vector<const ClassRow*> Members(const Tables& tables, const ClassRow& base) {
  std::vector<const ClassRow*> classes;
  for (const ClassRow::Member& member : base.members)
    classes.push_back(&tables.classes[member.row]);
  return classes;
}

// Blocks that were never touched, or are swapped out, may be large, and fill no memory.
bool IsInMemory(const ClassRow& row) { return row.content != Content::kAbsent; }

template <typename Predicate>
std::vector<const ClassRow*> WithoutClass(const Tables& tables, Predicate wanted) {
  std::vector<const ClassRow*> rows;
  for (const ClassRow& row : tables.classes) {
    if (row.name == kNoClass && wanted(row)) rows.push_back(&row);
  }
  return rows;
}

bool DerivesFrom(const ClassRow& row, const std::string& base) {
  return std::find(row.bases.begin(), row.bases.end(), base) != row.bases.end();
}

// Nodes, strings and arrays of the library grow with the objects of the program that they hold or
// belong to, and say less: a class of the program's own with at least half of the rank leads.
// Indexes into rows; none when there are no rows.
std::optional<size_t> LeadingRow(const std::vector<ClassRow>& rows,
                                 const std::vector<double>& ranks) {
  std::optional<size_t> lead, own;
  for (size_t i = 0; i < rows.size(); ++i) {  // on a tie the base-most comes first, and stays
    if (!lead || ranks[i] > ranks[*lead]) lead = i;
    if (IsLibraryType(rows[i].name)) continue;
    if (!own || ranks[i] > ranks[*own]) own = i;
  }
  return own && ranks[*own] >= ranks[*lead] / 2 ? own : lead;
}

// The base class that leads, or a class under it that tells more: a base of everything (QObject)
// says little, so while one derived class holds more than half of the rank, that one is named. But
// from nine tenths on the two are the same objects, and the base is the name that people know:
// common::Closure<void, Env*>, and not the template that implements it. Null: no row has a class.
const ClassRow* LeadingClass(const std::vector<ClassRow>& rows, const Ranking& ranking) {
  std::vector<double> ranks;
  ranks.reserve(rows.size());
  for (const ClassRow& row : rows) ranks.push_back(ranking.Of(row));
  std::optional<size_t> lead = LeadingRow(rows, ranks);
  if (!lead) return nullptr;
  for (;;) {
    std::optional<size_t> heaviest;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!DerivesFrom(rows[i], rows[*lead].name)) continue;
      if (!heaviest || ranks[i] > ranks[*heaviest]) heaviest = i;
    }
    double share = heaviest ? Share(ranks[*heaviest], ranks[*lead]) : 0;
    if (share <= 0.5 || share >= 0.9) return &rows[*lead];
    lead = heaviest;
  }
}

void SetClass(const Tables& tables, const ClassRow& row, Headline& headline) {
  headline.klass = row.name;
  headline.short_klass = row.short_name;
  headline.live = row.live;
  headline.oldest_s = row.ages.oldest_s;
  const ClassRow::Member& leading =
      *std::max_element(row.members.begin(), row.members.end(),
                        [](const auto& a, const auto& b) { return a.share < b.share; });
  const ClassRow& concrete = tables.classes[leading.row];
  headline.form = concrete.form;
  headline.concrete_share = leading.share;
  if (concrete.name != row.name) {
    headline.concrete = concrete.name;
    headline.short_concrete = concrete.short_name;
  }
  if (!row.labels.empty()) {
    headline.label = row.labels.front();
    headline.label_share = Share(headline.label->live.bytes.value, row.live.bytes.value);
  }
}

void SetPlace(const Place& place, Headline& headline) {
  if (place.frame != nullptr) headline.place = *place.frame;
  headline.place_share = Share(place.live.bytes.value, headline.live.bytes.value);
  headline.turnover = place.turnover;
}

}  // namespace

std::optional<Headline> Lead(const Tables& tables, const Quantity& live, double observation_s) {
  if (tables.classes.empty()) return std::nullopt;
  Ranking ranking(tables);
  const ClassRow* lead = LeadingClass(tables.base_classes, ranking);
  std::vector<const ClassRow*> without_class = WithoutClass(tables, IsInMemory);
  if (lead == nullptr && without_class.empty()) {
    without_class = WithoutClass(tables, [](const ClassRow&) { return true; });
  }
  std::optional<Place> unnamed;
  if (!without_class.empty()) unnamed = LeadingPlace(tables, ranking, without_class);

  Headline headline;
  if (lead != nullptr && (!unnamed || ranking.Of(*lead) >= unnamed->rank)) {
    SetClass(tables, *lead, headline);
    SetPlace(LeadingPlace(tables, ranking, Members(tables, *lead)), headline);
  } else {
    headline.form = unnamed->frame != nullptr ? "" : unnamed->form;
    headline.live = unnamed->live;
    headline.oldest_s = unnamed->oldest_s;
    SetPlace(*unnamed, headline);
  }
  headline.share_of_live = Share(headline.live.bytes.value, live.bytes.value);
  headline.observation_s = observation_s;
  if (observation_s > 0) {
    headline.objects_per_s = headline.live.objects.value / observation_s;
    headline.bytes_per_s = headline.live.bytes.value / observation_s;
  }
  return headline;
}

}  // namespace seep
