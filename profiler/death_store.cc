#include "profiler/death_store.h"

#include "base/mix.h"
#include "profiler/interner.h"
#include "profiler/limits.h"
#include "profiler/mirror.h"

namespace seep::profiler {
namespace {

struct Key {
  uint32_t stack;
  uint32_t klass;
  uint8_t birth_cohort;
  uint8_t death_cohort;
  uint8_t age;
  bool operator==(const Key&) const = default;
};

struct Entry {
  Key key;
  std::atomic<uint32_t> ready;
  AtomicTotals totals;
  std::atomic<double> age_seconds;
};
constinit Entry g_entries[kDeathCapacity]{};
constinit Interner<kDeathCapacity, 4 * kDeathCapacity> g_index{};

void MirrorEntry(uint32_t id) {
  auto* target = MirrorRecord<recording::DeathRecord>(recording::kDeaths, id);
  const Entry& entry = g_entries[id];
  if (target == nullptr || entry.ready.load() == 0) return;
  MirrorField(target->stack, entry.key.stack);
  MirrorField(target->klass, entry.key.klass);
  MirrorField(target->birth_cohort, entry.key.birth_cohort);
  MirrorField(target->death_cohort, entry.key.death_cohort);
  MirrorField(target->age, entry.key.age);
  entry.totals.MirrorTo(&target->totals);
  MirrorValue(entry.age_seconds, &target->age_seconds);
  std::atomic_ref<uint32_t>(target->ready).store(1);
  MirrorUsed(recording::kDeaths, [] { return g_index.used(); });
}

bool AddTo(const Key& key, const Death& death) {
  uint64_t hash = Mix64(Mix64(uint64_t{key.stack} << 32 | key.klass) ^
                        (key.birth_cohort << 16 | key.death_cohort << 8 | key.age));
  uint32_t id = g_index.FindOrAdd(
      hash, [&](uint32_t i) { return g_entries[i].key == key; },
      [&](uint32_t i) {
        g_entries[i].key = key;
        g_entries[i].ready.store(1);
        return true;
      });
  if (id == decltype(g_index)::kFull) return false;
  g_entries[id].totals.Add(death.weight, death.size);
  AtomicAdd(g_entries[id].age_seconds,
            static_cast<double>(death.death_ns - death.birth_ns) * 1e-9 * death.weight.objects);
  MirrorEntry(id);
  return true;
}

}  // namespace

bool PlaceDeath(const Death& death, uint64_t start_ns) {
  Key by_age{death.stack, death.klass, 0, 0,
             recording::AgeBucketOf(death.death_ns - death.birth_ns)};
  bool placed = AddTo(by_age, death);
  if (by_age.age >= recording::kOldAge) {
    Key by_cohort{death.stack, death.klass,
                  recording::CohortOf(static_cast<int64_t>(death.birth_ns - start_ns)),
                  recording::CohortOf(static_cast<int64_t>(death.death_ns - start_ns)), 0};
    if (by_cohort.birth_cohort < by_cohort.death_cohort) placed &= AddTo(by_cohort, death);
  }
  if (placed) return true;
  Count(recording::kDeathTableFull);
  return by_age.age < recording::kOldAge;
}

void ResetDeaths() {
  for (uint32_t id = 1; id < g_index.used(); ++id) {
    g_entries[id].ready = 0;
    g_entries[id].totals.Reset();
    g_entries[id].age_seconds = 0;
  }
  g_index.Reset();
}

void MirrorAllDeaths() {
  for (uint32_t id = 1; id < g_index.used(); ++id) MirrorEntry(id);
}

}  // namespace seep::profiler
