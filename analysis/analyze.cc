#include "analysis/analyze.h"

#include <utility>

#include "analysis/accounting.h"
#include "analysis/block_tables.h"
#include "analysis/group.h"
#include "analysis/headline.h"
#include "analysis/names.h"
#include "analysis/sites.h"
#include "analysis/summary.h"

namespace seep {

namespace {

template <typename Row>
void Relate(const Quantity& live, Row& row) {
  row.share_of_live = Share(row.live.bytes.value, live.bytes.value);
  if (row.live.objects.value > 0) row.mean_bytes = row.live.bytes.value / row.live.objects.value;
}

}  // namespace

Findings Analyze(const Snapshot& snapshot, const SymbolTable& symbols,
                 const AnalyzeOptions& options) {
  Findings findings;
  findings.process = snapshot.process;
  findings.observation_s = Seconds(snapshot.process.captured_at);
  findings.live = Totals(snapshot).Of(OldestFirst(snapshot));

  for (const Turnover& turnover : snapshot.turnover) Add(TurnoverOf(turnover), findings.turnover);

  Tables tables = Group(snapshot, symbols, options.shorten);
  findings.headline = Lead(tables, findings.live, findings.observation_s);
  findings.accounting = Accounting(snapshot, findings.live);
  for (const AllocatorRow& row : snapshot.allocators) {
    findings.allocators.push_back({row, ModulePath(snapshot, row.module)});
  }
  findings.dropped = snapshot.dropped;
  for (Dropped& unnamed : UnnamedFrames(tables.sites)) {
    findings.dropped.push_back(std::move(unnamed));
  }
  for (std::vector<ClassRow>* rows : {&tables.classes, &tables.base_classes}) {
    for (ClassRow& row : *rows) Relate(findings.live, row);
  }
  findings.modules = ByModule(tables.classes);
  findings.sizes = BySize(snapshot);
  for (std::vector<BlockRow>* rows : {&findings.modules, &findings.sizes}) {
    for (BlockRow& row : *rows) Relate(findings.live, row);
  }
  OmitMinorSites(tables.classes);
  findings.classes = std::move(tables.classes);
  findings.base_classes = std::move(tables.base_classes);
  findings.sites = std::move(tables.sites);
  findings.class_sites = std::move(tables.class_sites);
  findings.labels = std::move(tables.labels);
  findings.heap_growth = std::move(tables.growth);

  for (const Notice& notice : snapshot.notices) {
    findings.notices.push_back({Seconds(notice.time), notice.text});
  }
  for (const PastMoment& moment : snapshot.history) {
    findings.history.push_back({Seconds(moment.time), moment.rss, moment.usage, moment.limit,
                                moment.live_objects, moment.live_bytes});
  }
  return findings;
}

}  // namespace seep
