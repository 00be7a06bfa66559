#include "heap/accounting.h"

#include <algorithm>

namespace seep {

void AddAccounting(const AccountingInput& input, SnapshotBuilder& builder) {
  AccountingRow live{
      .row = "live heap, as requested (estimate)", .reserved = input.live_bytes, .resident = {}};
  AccountingRow own{.row = "the profiler's recording",
                    .reserved = static_cast<double>(input.recording_bytes),
                    .resident = {}};
  AccountingRow rest{.row = "not examined", .reserved = {}, .resident = {}};
  if (input.rss.has_value()) {
    // Blocks need not be in memory, and an estimate may overshoot: no row may have more than is
    // left.
    auto left = static_cast<double>(*input.rss);
    auto take = [&left](double wanted) {
      double taken = std::min(wanted, left);
      left -= taken;
      return taken;
    };
    if (input.recording_resident.has_value()) {
      own.resident = take(static_cast<double>(*input.recording_resident));
    }
    live.resident = take(input.live_bytes);
    rest.resident = left;
  }
  builder.AddAccounting(live);
  builder.AddAccounting(own);
  builder.AddAccounting(rest);
}

}  // namespace seep
