#include "analysis/group.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "analysis/class_catalog.h"
#include "analysis/labels.h"
#include "analysis/summary.h"

namespace seep {
namespace {

constexpr size_t kSitesOfAClass = 20;

class Grouping {
 public:
  Grouping(const Snapshot& snapshot, const SymbolTable& symbols, const Shorten& shorten)
      : snapshot_(snapshot),
        shorten_(shorten),
        sites_(snapshot, symbols, shorten),
        catalog_(snapshot, symbols, sites_),
        labels_(snapshot),
        totals_(snapshot) {}

  Tables Run() && {
    Distribute();
    DistributeSketches();
    DistributeEmbedded();
    MakeSites();
    MakeClasses();
    MakeBaseClasses();
    MakeLabels();
    MakeGrowth();
    return std::move(tables_);
  }

 private:
  void Distribute();
  void DistributeSketches();
  std::map<ClassId, uint64_t> EmbeddedByClass() const;
  void DistributeEmbedded();
  void MakeSites();
  void MakeClasses();
  void MakeBaseClasses();
  void MakeLabels();
  void MakeGrowth();
  void Fill(const BlockList& blocks, ClassRow& row) const;

  const Snapshot& snapshot_;
  const Shorten& shorten_;
  Sites sites_;
  ClassCatalog catalog_;
  Labels labels_;
  Totals totals_;
  std::vector<BlockList> by_class_, by_base_, by_site_, by_label_;  // all oldest first
  std::vector<AddressSample> addresses_;  // by class; empty: the blocks were not counted
  std::vector<uint64_t> embedded_by_class_, embedded_by_base_;  // empty: not looked for
  std::vector<size_t> site_position_;  // in tables_.sites, by index in sites_.rows()
  Tables tables_;
};

void Append(size_t group, uint32_t block, std::vector<BlockList>& lists) {
  if (lists.size() <= group) lists.resize(group + 1);
  lists[group].push_back(block);
}

void OmitMinorSites(ClassRow& row) {
  if (row.sites.size() <= kSitesOfAClass) return;
  row.sites_omitted = row.sites.size() - kSitesOfAClass;
  row.sites.resize(kSitesOfAClass);
}

// visit(group, blocks) for each group, rising; the order of blocks within one is kept.
template <typename Visitor>
void ForEachGroup(std::vector<std::pair<size_t, uint32_t>>& grouped, Visitor visit) {
  std::stable_sort(grouped.begin(), grouped.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  BlockList members;
  for (size_t i = 0; i < grouped.size(); ++i) {
    members.push_back(grouped[i].second);
    if (i + 1 < grouped.size() && grouped[i + 1].first == grouped[i].first) continue;
    visit(grouped[i].first, members);
    members.clear();
  }
}

bool MoreBytes(const Quantity& a, const Quantity& b) { return a.bytes.value > b.bytes.value; }

// Those that are only inside of other blocks have no bytes of their own.
bool ComesFirst(const ClassRow& a, const ClassRow& b) {
  return std::tuple(a.live.bytes.value, a.embedded) > std::tuple(b.live.bytes.value, b.embedded);
}
bool ComesFirst(const SiteRow& a, const SiteRow& b) { return MoreBytes(a.live, b.live); }

// Where each index goes if the rows are sorted by bytes, falling.
template <typename Row>
std::vector<size_t> ByBytes(const std::vector<Row>& rows) {
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return ComesFirst(rows[a], rows[b]); });
  return order;
}

// A base and its only derived class have the same blocks and so exactly the same bytes: the
// program's own, base-most name comes first then, because it is the one that people know.
bool BaseFirst(const ClassRow& a, const ClassRow& b) {
  auto rank = [](const ClassRow& row) {
    return std::tuple(-row.live.bytes.value, -static_cast<double>(row.embedded.value_or(0)),
                      IsLibraryType(row.name), row.bases.size());
  };
  return rank(a) < rank(b);
}

void Grouping::Distribute() {
  for (uint32_t i : OldestFirst(snapshot_)) {
    const Block& block = snapshot_.blocks[i];
    size_t row = catalog_.Of(block);
    Append(row, i, by_class_);
    Append(sites_.Of(block.stack), i, by_site_);
    for (size_t base : catalog_.RollUp(row)) Append(base, i, by_base_);
    for (size_t label : labels_.Of(block.label)) Append(label, i, by_label_);
  }
}

void Grouping::DistributeSketches() {
  if (snapshot_.sketches.empty()) return;
  addresses_.resize(catalog_.rows().size());
  for (const AddressSketch& sketch : snapshot_.sketches) {
    Block like{.address = {},
               .size = sketch.size,
               .objects = sketch.objects,
               .klass = sketch.klass,
               .class_offset = sketch.class_offset,
               .content = sketch.content};
    std::optional<size_t> row = catalog_.Find(like);
    if (row) addresses_[*row].Merge(sketch.bound, sketch.addresses);
  }
}

// What is inside of blocks by the count of vtable pointers, but for what a library class holds:
// that is what its own row counts.
std::map<ClassId, uint64_t> Grouping::EmbeddedByClass() const {
  std::map<ClassId, uint64_t> counts, holders;
  for (const EmbeddedObjects& objects : snapshot_.embedded) {
    counts[objects.klass] += objects.count;
    holders[objects.klass] += objects.count;
  }
  for (const Block& block : snapshot_.blocks) {
    if (!block.klass.is_none()) holders[block.klass] += block.count * block.objects;
  }
  for (const auto& [klass, held_objects] : holders) {
    auto held = counts.find(catalog_.HeldBy(klass));
    if (held != counts.end()) held->second -= std::min(held->second, held_objects);
  }
  return counts;
}

// Only classes that have some get a row for it.
void Grouping::DistributeEmbedded() {
  if (snapshot_.embedded.empty()) return;
  std::vector<std::pair<size_t, uint64_t>> counts;
  for (const auto& [klass, count] : EmbeddedByClass()) {
    if (count > 0) counts.push_back({catalog_.OfEmbedded(klass), count});
  }
  embedded_by_class_.resize(catalog_.rows().size());
  embedded_by_base_.resize(catalog_.base_rows().size());
  for (auto [row, count] : counts) {
    embedded_by_class_[row] += count;
    for (size_t base : catalog_.RollUp(row)) embedded_by_base_[base] += count;
  }
  by_class_.resize(catalog_.rows().size());
  by_base_.resize(catalog_.base_rows().size());
}

void Grouping::MakeSites() {
  std::vector<std::optional<SiteTurnover>> turnovers = sites_.Turnovers();
  std::vector<SiteRow> rows = sites_.rows();
  by_site_.resize(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].live = totals_.Of(by_site_[i]);
    rows[i].ages = AgesOf(snapshot_, by_site_[i]);
    rows[i].turnover = turnovers[i];
  }
  site_position_.resize(rows.size());
  for (size_t i : ByBytes(rows)) {
    if (by_site_[i].empty()) continue;  // all that was born there is dead
    site_position_[i] = tables_.sites.size();
    tables_.sites.push_back(std::move(rows[i]));
  }
}

// All but the name: numbers, and the parts by site and label.
void Grouping::Fill(const BlockList& blocks, ClassRow& row) const {
  row.short_name = shorten_(row.name);
  row.live = totals_.Of(blocks);
  row.ages = AgesOf(snapshot_, blocks);
  std::vector<std::pair<size_t, uint32_t>> by_site, by_label;
  for (uint32_t i : blocks) {
    const Block& block = snapshot_.blocks[i];
    by_site.push_back({site_position_[sites_.Of(block.stack)], i});
    for (size_t label : labels_.Of(block.label)) by_label.push_back({label, i});
  }
  ForEachGroup(by_site, [&](size_t site, const BlockList& members) {
    row.sites.push_back(
        {site, totals_.Of(members), AgesOf(snapshot_, members), LaterBytes(snapshot_, members)});
    const std::optional<SiteTurnover>& turnover = tables_.sites[site].turnover;
    if (turnover) Add(*turnover, row.turnover);
  });
  ForEachGroup(by_label, [&](size_t label, const BlockList& members) {
    const auto& [key, value] = labels_.pairs()[label];
    row.labels.push_back({key, value, totals_.Of(members)});
  });
  auto more_bytes = [](const auto& a, const auto& b) { return MoreBytes(a.live, b.live); };
  std::stable_sort(row.sites.begin(), row.sites.end(), more_bytes);
  std::stable_sort(row.labels.begin(), row.labels.end(), more_bytes);
}

void Grouping::MakeClasses() {
  std::vector<ClassRow> rows = catalog_.rows();
  for (size_t i = 0; i < rows.size(); ++i) {
    Fill(by_class_[i], rows[i]);
    if (!embedded_by_class_.empty()) rows[i].embedded = embedded_by_class_[i];
  }
  for (size_t i = 0; i < addresses_.size(); ++i) rows[i].addresses = std::move(addresses_[i]);

  // Until here rows are in the catalog's order, which RollUp speaks of.
  std::vector<ClassRow> bases = catalog_.base_rows();
  std::vector<size_t> order = ByBytes(rows);
  for (size_t position = 0; position < order.size(); ++position) {
    for (size_t base : catalog_.RollUp(order[position])) {
      bases[base].members.push_back({position, 0});
    }
  }
  tables_.base_classes = std::move(bases);
  for (size_t i : order) tables_.classes.push_back(std::move(rows[i]));

  for (size_t i = 0; i < tables_.classes.size(); ++i) {
    for (const SiteShare& share : tables_.classes[i].sites)
      tables_.class_sites.push_back({i, share});
  }
  std::stable_sort(
      tables_.class_sites.begin(), tables_.class_sites.end(),
      [](const auto& a, const auto& b) { return MoreBytes(a.share.live, b.share.live); });
}

void Grouping::MakeBaseClasses() {
  std::vector<ClassRow>& rows = tables_.base_classes;
  for (size_t i = 0; i < rows.size(); ++i) {
    Fill(by_base_[i], rows[i]);
    if (!embedded_by_base_.empty()) rows[i].embedded = embedded_by_base_[i];
    OmitMinorSites(rows[i]);
    for (ClassRow::Member& member : rows[i].members) {
      member.share = Share(tables_.classes[member.row].live.bytes.value, rows[i].live.bytes.value);
    }
  }
  std::stable_sort(rows.begin(), rows.end(), BaseFirst);
  std::map<std::vector<size_t>, size_t> first_with;  // the members
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<size_t> members;
    for (const ClassRow::Member& member : rows[i].members) members.push_back(member.row);
    auto [first, fresh] = first_with.try_emplace(std::move(members), i);
    if (!fresh) rows[i].same_as = first->second;
  }
}

void Grouping::MakeLabels() {
  by_label_.resize(labels_.pairs().size());
  for (size_t i = 0; i < by_label_.size(); ++i) {
    if (by_label_[i].empty()) continue;
    const auto& [key, value] = labels_.pairs()[i];
    tables_.labels.push_back(
        {{key, value, totals_.Of(by_label_[i])}, AgesOf(snapshot_, by_label_[i])});
  }
  std::stable_sort(tables_.labels.begin(), tables_.labels.end(), [](const auto& a, const auto& b) {
    return MoreBytes(a.label.live, b.label.live);
  });
}

void Grouping::MakeGrowth() {
  std::map<size_t, HeapGrowthRow> by_site;
  for (const GrowthStack& growth : snapshot_.growth) {
    size_t site = sites_.Of(growth.stack);
    HeapGrowthRow& row =
        by_site.try_emplace(site, HeapGrowthRow{sites_.rows()[site]}).first->second;
    row.times += growth.times;
    row.bytes += static_cast<double>(growth.bytes);
  }
  for (auto& [site, row] : by_site) tables_.growth.push_back(std::move(row));
  std::stable_sort(tables_.growth.begin(), tables_.growth.end(),
                   [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
}

}  // namespace

Tables Group(const Snapshot& snapshot, const SymbolTable& symbols, const Shorten& shorten) {
  return Grouping(snapshot, symbols, shorten).Run();
}

void OmitMinorSites(std::vector<ClassRow>& rows) {
  for (ClassRow& row : rows) OmitMinorSites(row);
}

}  // namespace seep
