#include "heap/recorded_history.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "heap/recorded_text.h"

namespace seep {
namespace {

std::optional<uint64_t> Known(uint64_t bytes) {
  return bytes == recording::kUnknown ? std::nullopt : std::optional(bytes);
}

// The profiler keeps live sums by adding and subtracting: an empty heap may be −1e-9.
double NotNegative(double sum) { return std::max(0.0, sum); }

// Nothing for a pulse whose numbers no profiler writes.
std::optional<PastMoment> ToMoment(const recording::Pulse& pulse, const RecordedStacks& stacks,
                                   const ObservationClock& clock) {
  if (!std::isfinite(pulse.live_objects) || !std::isfinite(pulse.live_bytes) ||
      pulse.stack_count > recording::kTopStacks) {
    return std::nullopt;
  }
  PastMoment moment{.time = clock.At(pulse.time_ns),
                    .rss = Known(pulse.rss),
                    .usage = Known(pulse.usage),
                    .limit = Known(pulse.limit),
                    .live_objects = NotNegative(pulse.live_objects),
                    .live_bytes = NotNegative(pulse.live_bytes),
                    .top = {}};
  for (uint32_t i = 0; i < pulse.stack_count; ++i) {
    const auto& share = pulse.top[i];
    if (!std::isfinite(share.objects) || !std::isfinite(share.bytes)) return std::nullopt;
    moment.top.push_back({.stack = stacks.At(share.stack),
                          .objects = NotNegative(share.objects),
                          .bytes = NotNegative(share.bytes)});
  }
  return moment;
}

// An event's pulse is among the pulses too, until a later one takes its place.
void ReadPulses(const Recording& recording, const RecordedStacks& stacks,
                const ObservationClock& clock, RecordedHistory& history) {
  absl::flat_hash_set<uint64_t> numbers;
  for (const RecordTable<recording::Pulse>* table : {&recording.pulses, &recording.events}) {
    for (uint32_t i = 0; i < table->size(); ++i) {
      recording::Pulse pulse = (*table)[i];
      if (pulse.number == 0 || !numbers.insert(pulse.number).second) continue;
      std::optional<PastMoment> moment = ToMoment(pulse, stacks, clock);
      if (moment.has_value()) {
        history.moments.push_back(*std::move(moment));
      } else {
        ++history.damaged;
      }
    }
  }
}

void ReadResidency(const Recording& recording, const ObservationClock& clock,
                   RecordedHistory& history) {
  uint64_t latest_ns = 0;
  for (uint32_t i = 0; i < recording.residency.size(); ++i) {
    recording::Residency seen = recording.residency[i];
    if (seen.number == 0) continue;
    history.moments.push_back({.time = clock.At(seen.time_ns),
                               .rss = Known(seen.rss),
                               .usage = Known(seen.usage),
                               .limit = Known(seen.limit),
                               .live_objects = {},
                               .live_bytes = {},
                               .top = {}});
    if (seen.time_ns < latest_ns) continue;
    latest_ns = seen.time_ns;
    history.last = {Known(seen.rss), Known(seen.swap), Known(seen.limit)};
  }
}

void ReadNotices(const Recording& recording, const ObservationClock& clock,
                 RecordedHistory& history) {
  for (uint32_t i = 0; i < recording.notices.size(); ++i) {
    recording::Notice notice = recording.notices[i];
    if (notice.ready == 0) continue;
    std::string text = FixedText(notice.text);
    if (notice.kind == recording::kNoticeMark) text.insert(0, "mark: ");
    history.notices.push_back({clock.At(notice.time_ns), std::move(text)});
  }
}

const char* Reason(uint32_t cause) {
  switch (cause) {
    case recording::kIntervalControl:
      return "from outside";
    case recording::kIntervalApi:
      return "by the program";
    case recording::kIntervalThinning:
      return "three quarters of the slots were in use";
    default:
      return "at the start";
  }
}

// Changes of the rate are told among the notices: without them a change of what is live could be
// taken for the program's.
void ReadIntervals(const Recording& recording, const ObservationClock& clock,
                   RecordedHistory& history) {
  for (uint32_t i = 0; i < recording.intervals.size(); ++i) {
    recording::Interval change = recording.intervals[i];
    if (change.ready == 0 || change.cause == recording::kIntervalStart) continue;
    std::string rate = change.interval == 0
                           ? "sampling stopped"
                           : absl::StrCat("sampling interval set to ", change.interval, " bytes");
    history.notices.push_back(
        {clock.At(change.time_ns), absl::StrCat(rate, " (", Reason(change.cause), ")")});
  }
}

// Where no observer outside looked, the pulses may know.
void FillFromPulses(const std::vector<PastMoment>& by_time, LastKnownUse& last) {
  for (auto it = by_time.rbegin(); it != by_time.rend(); ++it) {
    if (!last.rss.has_value()) last.rss = it->rss;
    if (!last.limit.has_value()) last.limit = it->limit;
  }
}

}  // namespace

ObservationTime RecordedHistory::Latest() const {
  ObservationTime latest = 0;
  for (const PastMoment& moment : moments) latest = std::max(latest, moment.time);
  for (const Notice& notice : notices) latest = std::max(latest, notice.time);
  return latest;
}

RecordedHistory ReadHistory(const Recording& recording, const RecordedStacks& stacks,
                            const ObservationClock& clock) {
  RecordedHistory history;
  ReadPulses(recording, stacks, clock, history);
  ReadResidency(recording, clock, history);
  ReadIntervals(recording, clock, history);
  ReadNotices(recording, clock, history);
  std::ranges::stable_sort(history.moments, {}, &PastMoment::time);
  std::ranges::stable_sort(history.notices, {}, &Notice::time);
  FillFromPulses(history.moments, history.last);
  return history;
}

void AddHistory(RecordedHistory history, SnapshotBuilder& builder) {
  for (PastMoment& moment : history.moments) builder.AddMoment(std::move(moment));
  for (Notice& notice : history.notices) builder.AddNotice(std::move(notice));
  builder.AddDropped("past moments", history.damaged, "their numbers are damaged");
}

}  // namespace seep
