#include "analysis/accounting.h"

#include <algorithm>
#include <optional>

namespace seep {

std::vector<AccountingRow> Accounting(const Snapshot& snapshot, const Quantity& live) {
  if (!snapshot.accounting.empty()) return snapshot.accounting;
  std::optional<double> rss, resident, rest;
  if (snapshot.process.rss) {
    rss = static_cast<double>(*snapshot.process.rss);
    resident = std::min(live.bytes.value, *rss);
    rest = *rss - *resident;
  }
  return {{"live heap, estimated", live.bytes.value, resident},
          {"not examined", std::nullopt, rest},
          {"RSS", std::nullopt, rss}};
}

}  // namespace seep
