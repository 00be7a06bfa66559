#include "tests/snapshot/random_snapshot.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "snapshot/builder.h"

namespace seep {
namespace {

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t limit) { return random_() % limit; }
  bool Chance(uint64_t one_in) { return Below(one_in) == 0; }

  uint64_t Unsigned() {
    constexpr uint64_t kEdges[] = {0, 1, INT64_MAX, uint64_t{INT64_MAX} + 1, UINT64_MAX};
    return Chance(4) ? kEdges[Below(5)] : random_() >> Below(64);
  }
  uint32_t Unsigned32() { return static_cast<uint32_t>(Unsigned()); }
  int64_t Time() { return static_cast<int64_t>(Unsigned()); }

  double Sum() {
    constexpr double kEdges[] = {0, 1, 0.1, 5e-324, DBL_MIN, DBL_MAX, 1e300, 0x1p53 + 2, 123456789};
    if (Chance(3)) return kEdges[Below(std::size(kEdges))];
    return static_cast<double>(random_()) / static_cast<double>(1 + Below(1000));
  }
  double Probability() {
    constexpr double kEdges[] = {1, 0.5, 0x1p-64, 1 - DBL_EPSILON / 2};
    if (Chance(4)) return kEdges[Below(std::size(kEdges))];
    return std::uniform_real_distribution<double>(0.001, 1)(random_);
  }
  Estimate RandomEstimate() { return {Sum(), Sum(), Sum(), Unsigned()}; }

  std::string Text() {
    static const std::string kEdges[] = {"",
                                         "</script>'\";--",
                                         std::string("null\0inside", 11),
                                         "\xff\xfe not UTF-8 \xc3",
                                         "N6common7ClosureIFvP3EnvEEE",
                                         std::string(300, 'x')};
    if (Chance(2)) return kEdges[Below(std::size(kEdges))];
    std::string text(Below(20), ' ');
    for (char& c : text) c = static_cast<char>(random_());
    return text;
  }
  std::vector<uint8_t> Bytes(size_t size) {
    std::vector<uint8_t> bytes(size);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_());
    return bytes;
  }

  template <typename Id>
  Id OneOf(size_t table) {
    return table == 0 || Chance(8) ? Id() : Id(Below(table));
  }
  template <typename Value>
  std::optional<Value> Maybe(Value value) {
    return Chance(3) ? std::nullopt : std::optional(value);
  }

 private:
  std::mt19937_64 random_;
};

void FillProcess(Generator& g, ProcessFacts& p) {
  bool same = g.Chance(2);  // so that a file gets several snapshots of one process
  p.boot_id = same ? "d2b1" : g.Text();
  p.pid_namespace = same ? 4026531836 : g.Unsigned();
  p.pid = same ? 4711 : g.Unsigned32();
  p.start_real_ns = same ? 1'700'000'000'000'000'000 : g.Time();
  p.parent_pid = g.Unsigned32();
  p.executable = g.Text();
  p.build_id = g.Bytes(g.Below(3) * 10);
  p.host = g.Text();
  p.uid = g.Unsigned32();
  p.captured_by = g.Text();
  p.alive = g.Chance(2);
  p.captured_at = g.Time();
  p.sample_interval = g.Unsigned();
  p.initial_interval = g.Unsigned();
  p.bytes_allocated = g.Sum();
  p.rss = g.Maybe(g.Unsigned());
  p.swap = g.Maybe(g.Unsigned());
  p.limit = g.Maybe(g.Unsigned());
  p.pause_ms = g.Maybe(g.Sum());
}

// Few distinct ones, so that snapshots share them and one snapshot has some twice.
Module RandomModule(Generator& g) {
  Module module;
  uint64_t kind = g.Below(6);
  if (kind != 0) module.build_id.assign(20, static_cast<uint8_t>(kind));
  module.path = kind == 1 ? "/srv/\"proxy\"" : g.Text();
  module.load_bias = g.Unsigned();
  module.range = {Address(g.Unsigned()), Address(g.Unsigned())};
  module.replaced = g.Chance(3);
  return module;
}

CodeLocation RandomLocation(Generator& g, size_t modules) {
  return {g.OneOf<ModuleId>(modules), g.Chance(2) ? g.Below(100) : g.Unsigned()};
}

void FillCode(Generator& g, SnapshotBuilder& builder, size_t modules, size_t stacks) {
  for (size_t i = 0; i < modules; ++i) builder.AddModule(RandomModule(g));
  for (size_t i = 0; i < stacks; ++i) {
    std::vector<CodeLocation> frames(g.Below(12));
    for (CodeLocation& frame : frames) frame = RandomLocation(g, modules);
    builder.stacks().Intern(frames, static_cast<StackEnd>(g.Below(5)));
  }
}

// Bases in any order of ids, but never in a circle: edges go up in a random order of rank.
void FillClasses(Generator& g, SnapshotBuilder& builder, size_t modules, size_t classes) {
  std::vector<uint64_t> rank(classes);
  for (size_t i = 0; i < classes; ++i) {
    rank[i] = g.Below(classes);
    builder.AddClass({g.Chance(3) ? "N6common3JobE" : g.Text(),
                      RandomLocation(g, modules),
                      static_cast<ClassEvidence>(g.Below(5)),
                      {}});
  }
  for (size_t i = 0; i < 2 * classes; ++i) {
    size_t derived = g.Below(classes);
    size_t base = g.Below(classes);
    if (rank[base] < rank[derived]) {
      builder.AddBase(ClassId(derived), {ClassId(base), g.Time(), g.Chance(2)});
    }
  }
}

void FillLabels(Generator& g, SnapshotBuilder& builder, size_t labels) {
  for (size_t i = 0; i < labels; ++i) {
    builder.AddLabel(
        {g.Chance(2) ? "cluster" : g.Text(), g.Chance(2) ? "bad" : g.Text(), g.OneOf<LabelId>(i)});
  }
}

void FillPast(Generator& g, SnapshotBuilder& builder, size_t classes, size_t rows) {
  size_t stacks = builder.stacks().size();
  for (size_t i = 0; i < rows; ++i) {
    builder.AddTurnover({g.OneOf<StackId>(stacks), g.RandomEstimate(), g.RandomEstimate(),
                         g.RandomEstimate(), g.RandomEstimate(), g.RandomEstimate(),
                         g.RandomEstimate(), g.Time(), g.Time(), g.Unsigned(), g.Time(),
                         g.Unsigned32()});
    builder.AddDeaths({g.OneOf<StackId>(stacks), g.OneOf<ClassId>(classes),
                       static_cast<uint8_t>(g.Below(256)), static_cast<uint8_t>(g.Below(256)),
                       static_cast<uint8_t>(g.Below(256)), g.RandomEstimate(), g.RandomEstimate(),
                       g.Sum()});
  }
  for (size_t i = 0; i < 8; ++i) {
    PastMoment moment;
    moment.time = g.Time();
    moment.rss = g.Maybe(g.Unsigned());
    moment.usage = g.Maybe(g.Unsigned());
    moment.limit = g.Maybe(g.Unsigned());
    moment.live_objects = g.Maybe(g.Sum());
    moment.live_bytes = g.Maybe(g.Sum());
    for (size_t j = g.Below(5); j > 0; --j) {
      moment.top.push_back({g.OneOf<StackId>(stacks), g.Sum(), g.Sum()});
    }
    builder.AddMoment(std::move(moment));
  }
}

void FillRemarks(Generator& g, SnapshotBuilder& builder, size_t modules) {
  for (size_t i = 0; i < 5; ++i) {
    AllocatorRow allocator{g.Text(),     g.Text(),     g.OneOf<ModuleId>(modules),
                           g.Unsigned(), g.Unsigned(), {},
                           g.Unsigned()};
    for (size_t j = g.Below(4); j > 0; --j) {
      allocator.free.push_back({g.Text(), g.Unsigned(), g.Unsigned()});
    }
    builder.AddAllocator(std::move(allocator));
    builder.AddGrowth({g.OneOf<StackId>(builder.stacks().size()), g.Unsigned(), g.Unsigned()});
    builder.AddAccounting({g.Text(), g.Maybe(g.Chance(4) ? -g.Sum() : g.Sum()), g.Maybe(g.Sum())});
    builder.AddDropped(g.Text(), g.Unsigned() / 8, g.Text());
    builder.AddNotice({g.Time(), g.Text()});
  }
}

std::vector<StackId> MapStacks(const Snapshot& found, StackTree& expected) {
  std::vector<StackId> map;
  for (size_t i = 0; i < found.stacks.size(); ++i) {
    StackTree::Node node = found.stacks.node(StackId(i));
    if (!node.parent.is_none()) node.parent = map[node.parent.index()];
    map.push_back(expected.InternNode(node));
  }
  return map;
}

}  // namespace

// A new field must be filled and compared here, stored by the writer and read by the reader.
static_assert(sizeof(ProcessFacts) == 288);
static_assert(sizeof(Module) == 88);
static_assert(sizeof(Class) == 80);
static_assert(sizeof(Label) == 72);
static_assert(sizeof(Block) == 96);
static_assert(sizeof(Turnover) == 240);
static_assert(sizeof(Deaths) == 88);
static_assert(sizeof(PastMoment) == 112);
static_assert(sizeof(AllocatorRow) == 120);
static_assert(sizeof(AddressSketch) == 64);
static_assert(sizeof(GrowthStack) == 24);
static_assert(sizeof(EmbeddedObjects) == 16);
static_assert(sizeof(Snapshot) == 688);

std::shared_ptr<const Snapshot> RandomSnapshot(uint64_t seed, const RandomSize& size) {
  Generator g(seed);
  SnapshotBuilder builder;
  FillProcess(g, builder.process());
  constexpr size_t kModules = 7;
  constexpr size_t kLabels = 9;
  FillCode(g, builder, kModules, size.stacks);
  FillClasses(g, builder, kModules, size.classes);
  FillLabels(g, builder, kLabels);
  for (size_t i = 0; i < size.blocks; ++i) {
    uint32_t split = g.Chance(2) ? 0 : g.Unsigned32();
    builder.AddBlock({Address(g.Unsigned()), g.Unsigned(), 1 + g.Unsigned() / 8, 1 + g.Below(5),
                      g.Probability(), g.OneOf<ClassId>(size.classes), g.Unsigned32(),
                      g.OneOf<StackId>(builder.stacks().size()), g.OneOf<LabelId>(kLabels),
                      static_cast<Content>(g.Below(6)), g.Chance(4) ? kBirthUnknown : g.Time(),
                      g.Unsigned32(), g.Unsigned(), split, split == 0 ? 0 : g.Unsigned32() | 1});
  }
  for (size_t i = 0; i < size.classes; ++i) {
    builder.AddEmbedded({ClassId(g.Below(size.classes)), g.Unsigned()});
  }
  for (size_t i = 0; i < size.blocks / 4; ++i) {
    AddressSketch sketch{g.OneOf<ClassId>(size.classes),
                         g.Unsigned32(),
                         static_cast<Content>(g.Below(6)),
                         1 + g.Below(5),
                         g.Unsigned(),
                         g.Unsigned(),
                         {}};
    for (size_t j = g.Below(9); j > 0; --j) sketch.addresses.push_back(Address(g.Unsigned()));
    builder.AddSketch(std::move(sketch));
  }
  FillPast(g, builder, size.classes, size.stacks / 2);
  FillRemarks(g, builder, kModules);
  auto snapshot = std::move(builder).Build();
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return *snapshot;
}

SymbolTable RandomSymbols(uint64_t seed, const Snapshot& snapshot) {
  Generator g(seed);
  SymbolTable symbols;
  for (size_t i = 0; i < snapshot.stacks.size(); ++i) {
    Symbol& symbol = symbols.code[snapshot.stacks.node(StackId(i)).location];
    symbol = Symbol();
    for (size_t depth = g.Below(4); depth > 0; --depth) {
      symbol.frames.push_back({g.Text(), g.Text(), g.Unsigned32(), g.Chance(2)});
    }
    if (symbol.frames.empty() || g.Chance(3)) symbol.missing = g.Text();
  }
  for (size_t i = 0; i < snapshot.classes.size(); ++i) symbols.class_names.push_back(g.Text());
  return symbols;
}

void ExpectSameSnapshot(const Snapshot& expected, const Snapshot& found) {
  StackTree stacks = expected.stacks;
  std::vector<StackId> map = MapStacks(found, stacks);
  EXPECT_EQ(stacks.size(), expected.stacks.size()) << "a stack that was not there before";
  auto with_expected_stacks = [&](auto rows) {
    for (auto& row : rows) {
      if (!row.stack.is_none()) row.stack = map[row.stack.index()];
    }
    return rows;
  };
  std::vector<PastMoment> history = found.history;
  for (PastMoment& moment : history) moment.top = with_expected_stacks(moment.top);

  EXPECT_TRUE(expected.process == found.process);
  EXPECT_TRUE(expected.modules == found.modules);
  EXPECT_TRUE(expected.classes == found.classes);
  EXPECT_TRUE(expected.labels == found.labels);
  EXPECT_TRUE(expected.blocks == with_expected_stacks(found.blocks));
  EXPECT_TRUE(expected.sketches == found.sketches);
  EXPECT_TRUE(expected.turnover == with_expected_stacks(found.turnover));
  EXPECT_TRUE(expected.deaths == with_expected_stacks(found.deaths));
  EXPECT_TRUE(expected.history == history);
  EXPECT_TRUE(expected.accounting == found.accounting);
  EXPECT_TRUE(expected.allocators == found.allocators);
  EXPECT_TRUE(expected.embedded == found.embedded);
  EXPECT_TRUE(expected.growth == with_expected_stacks(found.growth));
  EXPECT_TRUE(expected.dropped == found.dropped);
  EXPECT_TRUE(expected.notices == found.notices);
}

}  // namespace seep
