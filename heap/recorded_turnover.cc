#include "heap/recorded_turnover.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/container/btree_map.h"

namespace seep {
namespace {

// Not damaged: no real sum of 2^62 weights of 2^62 comes near the bound, and a million rows of it
// still add up to something finite.
bool IsSum(double x) { return x >= 0 && x <= 1e280; }

bool AreSums(const recording::Totals& t) {
  return IsSum(t.objects) && IsSum(t.objects_variance) && IsSum(t.bytes) &&
         IsSum(t.bytes_variance) && IsSum(t.sized_bytes);
}

struct Sums {
  Estimate objects;
  Estimate bytes;

  void Add(const recording::Totals& t) {
    objects += {.value = t.objects,
                .variance = t.objects_variance,
                .squares = t.objects_variance + t.objects,
                .samples = t.count};
    bytes += {.value = t.bytes,
              .variance = t.bytes_variance,
              .squares = t.bytes_variance + t.sized_bytes,
              .samples = t.count};
  }
};

// A stack of the tree may be several of the recording's: where modules are unknown, say.
struct TurnoverRow {
  Sums born;
  Sums died;
  Sums unplaced;
  std::optional<ObservationTime> first_birth;
  std::optional<ObservationTime> last_unplaced;
  uint64_t largest_size = 0;
  ObservationTime largest_at = 0;
  uint32_t maxima_run = 0;

  void Add(const recording::StackRecord& record, const ObservationClock& clock) {
    born.Add(record.births);
    died.Add(record.deaths);
    unplaced.Add(record.unplaced_deaths);
    if (record.births.count > 0) {
      ObservationTime birth = clock.At(record.first_birth_ns);
      first_birth = std::min(first_birth.value_or(birth), birth);
    }
    if (record.unplaced_deaths.count > 0) {
      ObservationTime death = clock.At(record.last_unplaced_ns);
      last_unplaced = std::max(last_unplaced.value_or(death), death);
    }
    if (record.largest_size > largest_size) {
      largest_size = record.largest_size;
      largest_at = clock.At(record.largest_ns);
      maxima_run = record.maxima_run;
    }
  }

  Turnover ToTurnover(StackId stack) const {
    return {.stack = stack,
            .born_objects = born.objects,
            .born_bytes = born.bytes,
            .died_objects = died.objects,
            .died_bytes = died.bytes,
            .unplaced_objects = unplaced.objects,
            .unplaced_bytes = unplaced.bytes,
            .last_unplaced = last_unplaced.value_or(0),
            .first_birth = first_birth.value_or(0),
            .largest_size = largest_size,
            .largest_at = largest_at,
            .maxima_run = maxima_run};
  }
};

struct DeathsRow {
  Sums sums;
  double age_seconds = 0;
};

// By age, or by the cohorts of birth and death; in buckets that a time can have.
bool IsDeathRow(const recording::DeathRecord& record) {
  constexpr uint8_t kMaxAge = recording::AgeBucketOf(std::numeric_limits<uint64_t>::max());
  constexpr uint8_t kMaxCohort = recording::CohortOf(std::numeric_limits<int64_t>::max());
  bool by_age = record.death_cohort == 0 && record.birth_cohort == 0;
  bool by_cohort = record.birth_cohort >= 1 && record.death_cohort > record.birth_cohort;
  return record.age <= kMaxAge && record.death_cohort <= kMaxCohort && (by_age || by_cohort) &&
         IsSum(record.age_seconds) && AreSums(record.totals);
}

}  // namespace

void AddTurnover(const Recording& recording, const RecordedStacks& stacks,
                 const ObservationClock& clock, SnapshotBuilder& builder) {
  uint64_t damaged = 0;
  absl::btree_map<StackId, TurnoverRow> rows;
  for (uint32_t i = 0; i < recording.stacks.size(); ++i) {
    recording::StackRecord record = recording.stacks[i];
    if (record.births.count == 0 && record.deaths.count == 0) continue;
    if (stacks.Has(i) && AreSums(record.births) && AreSums(record.deaths) &&
        AreSums(record.unplaced_deaths)) {
      rows[stacks.At(i)].Add(record, clock);
    } else {
      ++damaged;
    }
  }
  for (const auto& [stack, row] : rows) builder.AddTurnover(row.ToTurnover(stack));
  builder.AddDropped("turnovers of stacks", damaged, "their sums are damaged");
}

void AddDeaths(const Recording& recording, const RecordedStacks& stacks,
               const RecordedClasses& classes, SnapshotBuilder& builder) {
  uint64_t damaged = 0;
  absl::btree_map<std::tuple<StackId, ClassId, uint8_t, uint8_t, uint8_t>, DeathsRow> rows;
  for (uint32_t i = 0; i < recording.deaths.size(); ++i) {
    recording::DeathRecord record = recording.deaths[i];
    if (record.ready == 0) continue;
    std::optional<VtableMeaning> klass = classes.At(record.klass);
    if (!IsDeathRow(record) || !stacks.Has(record.stack) ||
        (record.klass != 0 && !klass.has_value())) {
      ++damaged;
      continue;
    }
    DeathsRow& row = rows[{stacks.At(record.stack), klass.has_value() ? klass->klass : ClassId(),
                           record.birth_cohort, record.death_cohort, record.age}];
    row.sums.Add(record.totals);
    row.age_seconds += record.age_seconds;
  }
  for (const auto& [key, row] : rows) {
    auto [stack, klass, birth_cohort, death_cohort, age] = key;
    builder.AddDeaths({.stack = stack,
                       .klass = klass,
                       .birth_cohort = birth_cohort,
                       .death_cohort = death_cohort,
                       .age = age,
                       .objects = row.sums.objects,
                       .bytes = row.sums.bytes,
                       .age_seconds = row.age_seconds});
  }
  builder.AddDropped("rows of deaths", damaged, "their stack, class, buckets or sums are damaged");
}

}  // namespace seep
