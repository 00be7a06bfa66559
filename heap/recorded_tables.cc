#include "heap/recorded_tables.h"

#include <time.h>

#include <algorithm>

#include "heap/recorded_losses.h"
#include "heap/recorded_turnover.h"

namespace seep {

RecordedTables::RecordedTables(const Recording& recording, bool alive, ObservationTime now,
                               SnapshotBuilder& builder)
    : clock(recording.header.started.monotonic_ns),
      text(recording.strings),
      modules(recording, text, builder),
      stacks(recording, modules, builder),
      stamped(recording, modules, text, classes, builder),
      labels(recording, text, builder),
      blocks(ReadBlocks(recording, stacks, stamped, labels, clock, now, builder)),
      history(ReadHistory(recording, stacks, clock)) {
  AddTurnover(recording, stacks, clock, builder);
  AddDeaths(recording, stacks, stamped, builder);
  AddLosses(recording, alive, builder);
  builder.AddDropped("names", text.lost(), "damaged: outside of the string pool");
}

ObservationTime TimeOfNow(const Recording& recording) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  auto monotonic_ns =
      static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
  ObservationClock clock(recording.header.started.monotonic_ns);
  return std::max<ObservationTime>(0, clock.At(monotonic_ns));
}

}  // namespace seep
