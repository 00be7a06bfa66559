// The death table against a plain reference that is given the same deaths.
#include "profiler/death_store.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

#include "profiler/limits.h"
#include "profiler/mirror.h"
#include "tests/profiler/in_child.h"
#include "tests/profiler/private_mirror.h"

namespace seep::profiler {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kStart = 1'000'000 * kSecond;

struct Sums {
  uint64_t count = 0;
  double objects = 0, objects_variance = 0, bytes = 0, bytes_variance = 0, sized_bytes = 0;
  double age_seconds = 0;
};

// {stack, class, birth cohort, death cohort, age}
using Row = std::tuple<uint32_t, uint32_t, int, int, int>;
using Rows = std::map<Row, Sums>;

// Edges as the format's text has them, counted up and not computed.
int AgeOf(double seconds) {
  int age = 0;
  for (double edge = 1; edge < 32 && seconds >= edge; edge *= 2) ++age;
  if (seconds < 32) return age;
  for (double octave = 32;; octave *= 2) {
    for (int quarter = 0; quarter < 4; ++quarter) {
      ++age;
      if (seconds < octave * (1 + (quarter + 1) / 4.0)) return age;
    }
  }
}

int CohortAt(double seconds) {
  int cohort = 1;
  for (double octave = 1; seconds >= octave; octave *= 2) {
    cohort += seconds < octave * 1.5 ? 1 : 2;
    if (seconds < octave * 2) break;
  }
  return cohort;
}

class Reference {
 public:
  void Place(const Death& death) {
    double age = static_cast<double>((death.death_ns - death.birth_ns) / kSecond);
    Add({death.stack, death.klass, 0, 0, AgeOf(age)}, death);
    int born = CohortOfTime(death.birth_ns), died = CohortOfTime(death.death_ns);
    if (age >= 32 && born < died) Add({death.stack, death.klass, born, died, 0}, death);
  }
  const Rows& rows() const { return rows_; }

 private:
  static int CohortOfTime(uint64_t ns) {
    return ns < kStart ? 1 : CohortAt(static_cast<double>((ns - kStart) / kSecond));
  }

  void Add(const Row& row, const Death& death) {
    Sums& sums = rows_[row];
    auto size = static_cast<double>(death.size);
    ++sums.count;
    sums.objects += death.weight.objects;
    sums.objects_variance += death.weight.variance;
    sums.bytes += size * death.weight.objects;
    sums.bytes_variance += size * size * death.weight.variance;
    sums.sized_bytes += size * size * death.weight.objects;
    sums.age_seconds +=
        static_cast<double>(death.death_ns - death.birth_ns) / 1e9 * death.weight.objects;
  }

  Rows rows_;
};

Rows Mirrored() {
  Rows rows;
  uint64_t used = MirrorHeader()->sections[recording::kDeaths].used;
  for (uint32_t id = 1; id < used; ++id) {
    const auto& row = *MirrorRecord<recording::DeathRecord>(recording::kDeaths, id);
    EXPECT_EQ(row.ready, 1u);
    const recording::Totals& t = row.totals;
    bool fresh = rows.insert({{row.stack, row.klass, row.birth_cohort, row.death_cohort, row.age},
                              {t.count, t.objects, t.objects_variance, t.bytes, t.bytes_variance,
                               t.sized_bytes, row.age_seconds}})
                     .second;
    EXPECT_TRUE(fresh) << "two rows of one key";
  }
  return rows;
}

void ExpectEqual(const Rows& actual, const Rows& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  auto at = actual.begin();
  for (const auto& [row, sums] : expected) {
    ASSERT_EQ(at->first, row);
    EXPECT_EQ(at->second.count, sums.count);
    for (auto field : {&Sums::objects, &Sums::objects_variance, &Sums::bytes, &Sums::bytes_variance,
                       &Sums::sized_bytes, &Sums::age_seconds}) {
      EXPECT_NEAR(at->second.*field, sums.*field, 1e-9 * sums.*field);
    }
    ++at;
  }
}

// Few stacks and classes, ages and times of every magnitude, some born before the start.
Death RandomDeath(std::mt19937_64& random) {
  auto up_to = [&](int bits) {
    return random() >> (64 - 1 - random() % static_cast<uint64_t>(bits));
  };
  uint64_t birth = kStart + up_to(54);
  if (random() % 8 == 0) birth = kStart - up_to(45);
  double exposure = static_cast<double>(1 + random() % 1000) / 100;
  return {static_cast<uint32_t>(random() % 5),
          static_cast<uint32_t>(random() % 3),
          birth,
          birth + up_to(54),
          random() % 100'000,
          Weight(exposure)};
}

class DeathStoreTest : public ::testing::Test {
 protected:
  PrivateMirror mirror_;
};

TEST_F(DeathStoreTest, RandomDeathsAddUp) {
  InChild([&] {
    mirror_.Attach();
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      SCOPED_TRACE(seed);
      std::mt19937_64 random(seed);
      Reference reference;
      for (int i = 0; i < 2000; ++i) {
        Death death = RandomDeath(random);
        ASSERT_TRUE(PlaceDeath(death, kStart));
        reference.Place(death);
      }
      ExpectEqual(Mirrored(), reference.rows());
      EXPECT_EQ(CounterValue(recording::kDeathTableFull), 0u);
      ResetDeaths();
      mirror_.Attach();
    }
  });
}

TEST_F(DeathStoreTest, DeathsFromBeforeTheFileAreInIt) {
  InChild([&] {
    std::mt19937_64 random(1);
    Reference reference;
    for (int i = 0; i < 1000; ++i) {
      if (i == 500) {
        mirror_.Attach();
        MirrorAllDeaths();
      }
      Death death = RandomDeath(random);
      PlaceDeath(death, kStart);
      reference.Place(death);
    }
    ExpectEqual(Mirrored(), reference.rows());
  });
}

TEST_F(DeathStoreTest, EdgesOfAgesAndCohorts) {
  InChild([&] {
    mirror_.Attach();
    auto rows_of = [&](uint64_t born_after, uint64_t age_ns) {
      ResetDeaths();
      mirror_.Attach();
      uint64_t birth = kStart + born_after;
      PlaceDeath({1, 1, birth, birth + age_ns, 1, Weight(1)}, kStart);
      return Mirrored();
    };
    EXPECT_TRUE(rows_of(0, 32 * kSecond - 1).contains({1, 1, 0, 0, 5}));
    EXPECT_EQ(rows_of(0, 32 * kSecond - 1).size(), 1u) << "too young for a cohort";
    EXPECT_TRUE(rows_of(0, 32 * kSecond).contains({1, 1, 0, 0, 6}));
    EXPECT_TRUE(rows_of(0, 40 * kSecond - 1).contains({1, 1, 0, 0, 6}));
    EXPECT_TRUE(rows_of(0, 40 * kSecond).contains({1, 1, 0, 0, 7}));
    // Born in [1, 2) s, dead in [32, 48) s after the start.
    EXPECT_TRUE(rows_of(kSecond, 32 * kSecond).contains({1, 1, 2, 12, 0}));
    // Both in [2^20, 1.5·2^20) s: it crossed no edge.
    EXPECT_EQ(rows_of((kSecond << 20) + 1, 33 * kSecond).size(), 1u);
  });
}

TEST_F(DeathStoreTest, FullLosesOnlyOldDeathsAndSaysSo) {
  InChild([&] {
    mirror_.Attach();
    auto place = [](uint32_t stack, uint64_t age_ns) {
      return PlaceDeath({stack, 1, kStart, kStart + age_ns, 1, Weight(1)}, kStart);
    };
    uint32_t placed = 0;
    while (CounterValue(recording::kDeathTableFull) == 0) {
      EXPECT_TRUE(place(++placed, kSecond)) << "a young death is never missed";
    }
    EXPECT_EQ(placed, kDeathCapacity) << "row 0 is none's";
    EXPECT_FALSE(place(placed + 1, 32 * kSecond));
    EXPECT_TRUE(place(1, kSecond)) << "has its row";
    EXPECT_FALSE(place(1, 32 * kSecond)) << "its row of that age would be a new one";
    EXPECT_EQ(CounterValue(recording::kDeathTableFull), 3u);
    EXPECT_EQ(MirrorHeader()->sections[recording::kDeaths].used, kDeathCapacity);
  });
}

}  // namespace
}  // namespace seep::profiler
