// What was live in one process at one moment: the one noun in the middle of Seep. Recordings, live
// processes and cores produce it; grouping, comparing and reporting consume it. Immutable; made by
// SnapshotBuilder alone, which checks the invariants below.
//
//   blocks ──► class, stack, label, all by dense id into the tables beside them
//   stacks ──► modules            classes ──► bases, which are classes
//
// Invariants: every id is none or inside its table; weights are in [1, 2^64], counts at least 1; a
// class is not its own base, however far up; a stack node's caller and a label's outer label come
// before it; sums and estimates are finite and not negative; a share of a split rests on samples.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/estimate.h"
#include "base/ids.h"
#include "snapshot/module.h"
#include "snapshot/stack_tree.h"

namespace seep {

// Nanoseconds since the process's profiler came up ("observation time"); without a profiler, since
// the program started. Real time is ProcessFacts::start_real_ns + this. Negative: born before the
// fork that made this process.
using ObservationTime = int64_t;

// Of a block that was found by walking the heap, which does not know when it was allocated.
inline constexpr ObservationTime kBirthUnknown = std::numeric_limits<int64_t>::min();

struct ProcessFacts {
  // Identity: (boot_id, pid_namespace, pid, start_real_ns), never the pid alone.
  std::string boot_id;
  uint64_t pid_namespace = 0;
  uint32_t pid = 0;
  uint32_t parent_pid = 0;
  int64_t start_real_ns = 0;  // the exec (or fork) of this program image, CLOCK_REALTIME

  std::string executable;
  std::vector<uint8_t> build_id;
  std::string host;
  uint32_t uid = 0;

  std::string captured_by;          // "recording", "recording of a dead process", …
  bool alive = false;               // when it was captured
  ObservationTime captured_at = 0;  // the moment the snapshot describes
  uint64_t sample_interval = 0;     // T in force, bytes; 0: off
  uint64_t initial_interval = 0;    // T at start, bytes
  double bytes_allocated = 0;       // charged to the sampler since start
  std::optional<uint64_t> rss;      // bytes, at captured_at or the last time it was known
  std::optional<uint64_t> swap;     // bytes
  std::optional<uint64_t> limit;    // bytes: the memory limit that would kill it
  std::optional<double> pause_ms;   // how long its threads were stopped for it; none: not at all

  bool operator==(const ProcessFacts&) const = default;
};

// How a class became known, in falling order of certainty.
enum class ClassEvidence : uint8_t {
  kRtti = 0,          // vptr → RTTI
  kVtableSymbol = 1,  // vptr → _ZTV symbol: built without RTTI
  kVtable = 2,        // vptr → something that is a vtable, name not known
  kPointerType = 3,   // the type, in debug information, of the pointers that hold the object
  kHolder = 4,        // no class: who holds such blocks ("held only by order::Lock+0x40")
};

struct BaseClass {
  ClassId base;
  int64_t offset = 0;  // in the derived object
  bool is_virtual = false;
  auto operator<=>(const BaseClass&) const = default;
};

struct Class {
  // As RTTI holds it, without _ZTS; empty: not known yet. Of kPointerType, where that takes more
  // than scopes and a name, and of kHolder: as it is to be read. Hostile.
  std::string mangled;
  CodeLocation vtable;  // module none: seen only as a base
  ClassEvidence evidence = ClassEvidence::kRtti;
  std::vector<BaseClass> bases;  // direct ones
  bool operator==(const Class&) const = default;
};

// One (key, value) scope; an inner scope names its outer one.
struct Label {
  std::string key;    // hostile
  std::string value;  // hostile
  LabelId parent;
  bool operator==(const Label&) const = default;
};

// What the first bytes of a block without a class look like.
enum class Content : uint8_t {
  kNotExamined = 0,
  kAbsent = 1,  // not in memory: never touched, or swapped out
  kZeros = 2,
  kText = 3,      // printable
  kPointers = 4,  // mostly addresses of this process
  kOther = 5,
};

// Blocks of memory that were live: a sample (probability < 1), or as many as were counted alike.
struct Block {
  Address address;         // of one of them
  uint64_t size = 0;       // of each: bytes requested (or usable, where only that is known)
  uint64_t count = 1;      // a sample is alone
  uint64_t objects = 1;    // in each: more than one in an array
  double probability = 1;  // that this block is in the snapshot at all; it stands for 1/probability
  ClassId klass = {};
  uint32_t class_offset = 0;  // bytes from the block's start to the object of that class
  StackId stack = {};
  LabelId label = {};
  Content content = Content::kNotExamined;
  ObservationTime birth = 0;
  uint32_t thread = 0;  // ordinal in the process
  uint64_t serial = 0;  // (address, serial) is the block's identity within the process
  // Counted blocks whose origin (stack, label, birth, thread) is a share, told by samples. Blocks
  // of one split were counted together: its shares are uncertain, their sum is not.
  uint32_t split = 0;    // of this snapshot; 0: no share
  uint32_t samples = 0;  // that this share rests on
  bool operator==(const Block&) const = default;
};

// Which blocks were counted alike, so that two counts can be compared block by block: all of their
// addresses, or those whose hash (Mix64) is at most `bound`. That is a random part of them, and in
// every count the same one.
struct AddressSketch {
  ClassId klass = {};  // of Block, as are the next four
  uint32_t class_offset = 0;
  Content content = Content::kNotExamined;
  uint64_t objects = 1;
  uint64_t size = 0;
  uint64_t bound = 0;
  std::vector<Address> addresses;  // rising
  bool operator==(const AddressSketch&) const = default;
};

// The past of one call stack: sampled allocations that were made and that died there.
struct Turnover {
  StackId stack;
  Estimate born_objects, born_bytes;
  Estimate died_objects, died_bytes;
  // Deaths of 32 s and older that the recording could not place by age and cohort.
  Estimate unplaced_objects, unplaced_bytes;
  ObservationTime last_unplaced = 0;
  ObservationTime first_birth = 0;
  // Reallocation growth: see StackRecord in recording_format.h.
  uint64_t largest_size = 0;
  ObservationTime largest_at = 0;
  uint32_t maxima_run = 0;
  bool operator==(const Turnover&) const = default;
};

// Deaths by age, or by the cohorts of birth and death; see DeathRecord in recording_format.h.
struct Deaths {
  StackId stack;
  ClassId klass;
  uint8_t birth_cohort = 0;
  uint8_t death_cohort = 0;  // 0: a row by age
  uint8_t age = 0;
  Estimate objects, bytes;
  double age_seconds = 0;  // Σ age/p
  bool operator==(const Deaths&) const = default;
};

// How much was live at one moment of the past.
struct PastMoment {
  ObservationTime time = 0;
  std::optional<uint64_t> rss, usage, limit;       // bytes
  std::optional<double> live_objects, live_bytes;  // estimates
  struct StackShare {
    StackId stack;
    double objects = 0;
    double bytes = 0;
    bool operator==(const StackShare&) const = default;
  };
  std::vector<StackShare> top;  // by bytes, falling
  bool operator==(const PastMoment&) const = default;
};

// Where the process's memory is. Rows add up to `reserved` and `resident` totals row by row; a core
// or a dead process knows no resident column.
struct AccountingRow {
  std::string row;
  std::optional<double> reserved;  // bytes
  std::optional<double> resident;  // bytes
  bool operator==(const AccountingRow&) const = default;
};

// One allocator's heap as a walk of it found it.
struct AllocatorRow {
  std::string kind;         // "glibc malloc"
  std::string description;  // how it was recognised
  ModuleId module;          // that it is part of
  uint64_t live_blocks = 0;
  uint64_t live_bytes = 0;
  struct Free {
    std::string where;  // "thread caches"
    uint64_t blocks = 0;
    uint64_t bytes = 0;
    bool operator==(const Free&) const = default;
  };
  std::vector<Free> free;
  uint64_t discrepancy = 0;  // blocks by which its two ways of counting differ
  bool operator==(const AllocatorRow&) const = default;
};

// Objects of a class inside of live blocks, beside those at their heads (Block::class_offset): in
// other objects, in buffers of containers, in arenas.
struct EmbeddedObjects {
  ClassId klass;
  uint64_t count = 0;
  bool operator==(const EmbeddedObjects&) const = default;
};

// Where a heap grew: the call stack that made an allocator take memory from the system. Whoever
// happened to need some: not who holds it now.
struct GrowthStack {
  StackId stack;
  uint64_t times = 0;
  uint64_t bytes = 0;
  bool operator==(const GrowthStack&) const = default;
};

// Something that was not found, not walked, torn, dropped or guessed: never silently.
struct Dropped {
  std::string what;
  uint64_t count = 0;
  std::string why;
  bool operator==(const Dropped&) const = default;
};

// A line from the program or the profiler: marks, options that were not understood.
struct Notice {
  ObservationTime time = 0;
  std::string text;  // hostile
  bool operator==(const Notice&) const = default;
};

struct Snapshot {
  ProcessFacts process;
  std::vector<Module> modules;  // by ModuleId
  StackTree stacks;             // by StackId
  std::vector<Class> classes;   // by ClassId
  std::vector<Label> labels;    // by LabelId
  std::vector<Block> blocks;
  std::vector<AddressSketch> sketches;
  std::vector<Turnover> turnover;
  std::vector<Deaths> deaths;
  std::vector<PastMoment> history;  // by time
  std::vector<AccountingRow> accounting;
  std::vector<AllocatorRow> allocators;
  std::vector<GrowthStack> growth;
  std::vector<EmbeddedObjects> embedded;  // every class, also at 0; empty: not looked for
  std::vector<Dropped> dropped;
  std::vector<Notice> notices;
};

}  // namespace seep
