// The recording: what the profiler publishes while the program runs, and what is left when it is
// killed. Shared by the profiler (writer), the readers and nobody's compiler: standard-layout
// records of fixed size, offsets instead of pointers. Runtime-safe: <cstdint> only.
//
//   header │ slots │ stacks │ frames │ modules │ classes │ labels │ deaths │ pulses │ events │
//   residency │ intervals │ notices │ strings
//
// Rules that every later version keeps:
//   * Versions only append: new fields at a record's end, new sections at the table's end. A reader
//     takes record sizes and offsets from the section table, never from its own sizeof.
//   * The profiled program only writes. It never reads the mapping back (it keeps private copies),
//     and the common free() does not touch it at all: a page may be on a frozen disk or swapped
//     out. That is also why the file belongs on tmpfs. The one exception is `control`.
//   * Any process may read at any time, without stopping the writer. Records that change carry a
//     `sequence`: odd while being written. After SIGKILL an odd sequence marks a torn record, at
//     most one a thread.
//   * Rows of append-only tables are whole once `ready` is 1, and what a row refers to (strings,
//     frames, modules, parents) is written before it. `used` only bounds the search for them.
//   * A death is two writes: the slot is cleared first, then the death is counted. A reader may see
//     neither, for at most one block a thread.
//   * Index 0 of stacks, modules, classes and labels is reserved and means "none" or "unknown".
//     Unwritten space is zeros. The magic is written last: a file without it is unfinished.
//   * Sections start at multiples of 64 bytes; record sizes are multiples of 8 (strings: 1).
//   * Little-endian, x86-64 or aarch64 (see `arch`).
//
// A reader of a file that others write copies it with pread and maps nothing: the file may shrink.
//
// Rejected: a stream of events (unbounded, and every free would have to be in it); one region per
// thread (dead threads' regions need a collector); reading counters back (a store to a page under
// write-back was seen to stall for 2 s; a private copy costs 64 bytes a slot).
#pragma once

#include <cstdint>

namespace seep::recording {

inline constexpr char kMagic[8] = {'S', 'E', 'E', 'P', 'R', 'E', 'C', '\n'};
inline constexpr uint32_t kVersion = 1;

enum class Arch : uint32_t { kUnknown = 0, kX86_64 = 1, kAArch64 = 2 };

// ---------------------------------------------------------------------------------------------
// Positions in code and data: module and offset, because addresses mean nothing in the next run.

// module << 48 | offset, where offset = address − the module's load bias (an ELF virtual address).
// Module 0: no module was there; offset is the raw address.
using Position = uint64_t;
inline constexpr Position MakePosition(uint32_t module, uint64_t offset) {
  return (uint64_t{module} << 48) | (offset & 0xFFFF'FFFF'FFFFu);
}
inline constexpr uint32_t PositionModule(Position p) { return static_cast<uint32_t>(p >> 48); }
inline constexpr uint64_t PositionOffset(Position p) { return p & 0xFFFF'FFFF'FFFFu; }

// A byte range of the strings section. Not null-terminated. length 0: no string.
struct StringRef {
  uint32_t offset;
  uint32_t length;
};

// ---------------------------------------------------------------------------------------------
// Sections

enum SectionId : uint32_t {
  kSlots,
  kStacks,
  kFrames,
  kModules,
  kClasses,
  kLabels,
  kDeaths,
  kPulses,
  kEvents,
  kResidency,
  kIntervals,
  kNotices,
  kStrings,
  kSectionCount
};

struct Section {
  uint64_t offset;       // of record 0, from the start of the file
  uint32_t record_size;  // bytes
  uint32_t capacity;     // records
  uint64_t used;         // append-only tables: records 0..used-1 exist. Others: unused
};

// One live sample: an allocation that was drawn and is not freed yet. 64 bytes, one cache line.
struct LiveSlot {
  uint32_t sequence;  // odd while being written
  uint32_t stack;     // index into stacks; 0: the dictionary was full
  uint64_t address;   // 0: the slot is empty
  uint64_t size;      // bytes requested
  // Expected number of sample points in this block: λ = Σ bytesᵢ/Tᵢ over the intervals T that were
  // in force while it was drawn, halved by each thinning. It is here with probability
  // p = 1 − e^−λ (compute −expm1(−λ)) and stands for 1/p blocks. (λ and not p: beyond λ = 37 p
  // rounds to 1 and could never be thinned again.)
  //
  // Thinning can be replayed: a block has a fixed u = SampleRank(header.random, serial) in [0, 1),
  // and is kept while u·p(λ at draw) < p(λ now), with λ at draw = λ·2^thinnings. So a reader can
  // thin an older snapshot down to a newer one's rate, and a diff does not take thinning for death.
  double exposure;
  uint64_t birth_ns;   // CLOCK_MONOTONIC
  uint32_t klass;      // index into classes; 0: not known (yet)
  uint32_t label;      // index into labels; 0: none
  uint32_t thread;     // ordinal of the thread within the process, in order of first sample
  uint8_t class_word;  // the vtable pointer was found at this 8-byte word of the block
  uint8_t stamps;      // how often the block was looked at: 0 never, 1 young (≥ 10 ms), 2 settled
  uint8_t thinnings;   // survived
  uint8_t flags;       // SlotFlag
  // Of the sample, rising in the process and going on in its forked children: (address, serial) is
  // the block's identity.
  uint64_t serial;
};

enum SlotFlag : uint8_t {
  kSlotInherited = 1,    // born before the fork that made this process; not in `births`
  kSlotReallocated = 2,  // came out of a realloc of a sampled block
};

// Sums over sampled blocks, each standing for 1/p blocks. Mirrors of private counters, each field
// written by itself: sums may disagree by the one event that was being counted.
//
// Tests of growth use Σw and (Σw)²/Σw², never `count`: after a thinning a sample stands for more.
struct Totals {
  uint64_t count;           // samples
  double objects;           // Σ 1/p
  double objects_variance;  // Σ e^−λ/p², the variance of `objects`; Σ 1/p² = this + objects
  double bytes;             // Σ size/p
  double bytes_variance;    // Σ size²·e^−λ/p²; Σ (size/p)² = this + sized_bytes
  double sized_bytes;       // Σ size²/p
};

// One distinct call stack; its frames are Position[frame_count] in the frames section, leaf first.
// Every frame is to be looked up at address − 1: return addresses are stored as they are, the exact
// position that a signal interrupted as position + 1.
struct StackRecord {
  uint64_t hash;
  uint32_t first_frame;
  uint16_t frame_count;
  uint16_t flags;  // StackFlag
  uint32_t ready;  // 1 once the record is whole
  uint32_t reserved;
  Totals
      births;  // every sample drawn here. Σbirths − Σdeaths estimates what is live, thinned or not
  Totals deaths;  // each at the weight it had then; deaths of inherited samples are not in here
  // Deaths that found no room in the deaths section (ages of 32 s and more). While they are a
  // material part of the deaths, growth must not be called a leak.
  Totals unplaced_deaths;
  uint64_t last_unplaced_ns;  // CLOCK_MONOTONIC
  uint64_t first_birth_ns;    // CLOCK_MONOTONIC
  // A block that is reallocated ever larger: the largest sample of at least T bytes, when it was
  // born, and how many such samples in a row each beat all before them.
  uint64_t largest_size;
  uint64_t largest_ns;
  uint32_t maxima_run;
  uint32_t reserved2;
};

enum StackFlag : uint16_t {
  kStackTruncated = 1,    // deeper than the limit, or cut at a frame that could not be unwound
  kStackForeign = 2,      // not on the thread's own stack: a fiber or an alternate signal stack
  kStackShortened = 4,    // the frame pool was nearly full: only the top 8 frames were kept
  kStackSignalFrame = 8,  // passes through a signal handler
};

// One module at one place. Another module at the same place later is a new record, so that old
// stacks keep their meaning.
struct ModuleRecord {
  uint64_t load_bias;   // runtime address − ELF virtual address
  uint64_t start, end;  // runtime addresses, of all its segments
  uint64_t seen_ns;     // CLOCK_MONOTONIC, when first seen; not when loaded
  StringRef path;
  uint8_t build_id[32];
  uint8_t build_id_length;  // 0: the module has none
  uint8_t initial;          // 1: was there at start-up, so it is never unloaded
  uint8_t replaced;         // 1: another module has been seen at its place since
  uint8_t reserved[5];
  uint32_t ready;
  uint32_t reserved2;
};

inline constexpr uint32_t kMaxBases = 6;

// A class that a stamp has seen. Named from RTTI while the process lived, so that the name outlives
// the binary. A base that no object of its own was seen of has vtable 0.
struct ClassRecord {
  Position vtable;                  // the address point (what an object's vptr holds)
  Position typeinfo;                // 0: compiled without RTTI; name it offline by its _ZTV symbol
  StringRef name;                   // mangled, as typeinfo holds it ("N6common7ClosureIFvvEEE")
  uint32_t bases[kMaxBases];        // class indexes
  int32_t base_offsets[kMaxBases];  // where the base lies in the object; INT32_MIN: virtual base
  int64_t offset_to_top;            // of a secondary vtable: ≤ 0
  uint16_t base_count;              // may exceed kMaxBases: the rest was dropped
  uint16_t flags;
  uint32_t ready;
};

// A label is a (key, value) pair in a chain: an inner scope keeps its outer ones.
struct LabelRecord {
  StringRef key;
  StringRef value;
  uint32_t parent;  // label index of the enclosing scope; 0: none
  uint32_t ready;
};
inline constexpr uint32_t kLabelOther = 1;  // reserved: every value past the table's capacity

// Deaths: the part of the past that one recording needs in order to tell a leak from a cache. Two
// kinds of rows:
//   * by age (death_cohort = 0): every death, by (stack, class, age bucket);
//   * by cohort (death_cohort > birth_cohort ≥ 1): deaths at 32 s or older that crossed a cohort's
//     edge, by (stack, class, birth cohort, death cohort). What was alive at an edge and is dead at
//     a later one is a sum of these.
// Buckets are geometric, so that nothing ever has to be merged or moved under the feet of a SIGKILL
// (16 equal cohorts would have to be, at each doubling of the observation).
struct DeathRecord {
  uint32_t stack;
  uint32_t klass;
  uint8_t birth_cohort;
  uint8_t death_cohort;
  uint8_t age;
  uint8_t reserved;
  uint32_t ready;
  Totals totals;
  double age_seconds;  // Σ age/p
};

// Buckets of x ≥ 1 with edges (1 + k/n)·2^e, n = per_doubling, counted from 1. 0 for x = 0.
inline constexpr uint8_t GeometricBucket(uint64_t x, uint32_t per_doubling) {
  if (x == 0) return 0;
  uint32_t exponent = 63u - static_cast<uint32_t>(__builtin_clzll(x));
  uint64_t mantissa = x - (uint64_t{1} << exponent);  // [0, 2^exponent)
  auto part = static_cast<uint32_t>((mantissa * per_doubling) >> exponent);
  return static_cast<uint8_t>(1 + exponent * per_doubling + part);
}
// Where a bucket ≥ 1 begins.
inline constexpr double GeometricEdge(uint32_t bucket, uint32_t per_doubling) {
  uint32_t exponent = (bucket - 1) / per_doubling;
  uint32_t part = (bucket - 1) % per_doubling;
  return static_cast<double>(uint64_t{1} << (exponent & 63)) * (1 + part / double(per_doubling));
}

// Age at death. One bucket a doubling below 32 s, then four: ages 0..5 are [0,1) [1,2) [2,4) [4,8)
// [8,16) [16,32) s, age 6 is [32,40) s, age 7 [40,48) s …
inline constexpr uint8_t kOldAge = 6;  // 32 s
inline constexpr uint8_t AgeBucketOf(uint64_t age_ns) {
  uint64_t seconds = age_ns / 1'000'000'000u;
  if (seconds < 32) return GeometricBucket(seconds, 1);
  return static_cast<uint8_t>(kOldAge + GeometricBucket(seconds, 4) - GeometricBucket(32, 4));
}
inline constexpr double AgeBucketStart(uint8_t age) {  // seconds
  if (age == 0) return 0;
  if (age < kOldAge) return GeometricEdge(age, 1);
  return GeometricEdge(uint32_t{age} - kOldAge + GeometricBucket(32, 4), 4);
}

// When, in seconds since header.started: cohort 1 is [0,1) and everything before (inherited over a
// fork), then two a doubling: [1,2) [2,3) [3,4) [4,6) [6,8) [8,12) …
inline constexpr uint8_t CohortOf(int64_t since_start_ns) {
  if (since_start_ns < 0) return 1;
  return static_cast<uint8_t>(
      1 + GeometricBucket(static_cast<uint64_t>(since_start_ns) / 1'000'000'000u, 2));
}
inline constexpr double CohortStart(uint8_t cohort) {  // seconds since header.started
  return cohort <= 1 ? 0 : GeometricEdge(cohort - 1u, 2);
}

// In [0, 1), uniform over samples; see LiveSlot::exposure.
inline constexpr double SampleRank(uint64_t recording_random, uint64_t serial) {
  uint64_t x = recording_random + serial * 0x9E3779B97F4A7C15u;  // splitmix64
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

inline constexpr uint32_t kTopStacks = 64;

// What was live at one moment. Written at sample events only (the profiler has no thread), at most
// one a second.
//
// Pulse number k (k = 1, 2, …) is stored at level ctz(k) (at most 19), position (k >> (level+1))
// mod
// 16. Level j so holds the last 16 odd multiples of 2^j: fine for the last minute, coarse for the
// last half year, 320 records in all and nothing is ever moved. Readers sort by `number` and need
// not know where a pulse is put.
//
// Pulses with a cause other than time are in the section `events` as well, a plain ring by their
// own count, where no later second can displace them.
struct Pulse {
  uint32_t sequence;  // odd while being written
  uint32_t stack_count;
  uint64_t number;   // k; 0: never written
  uint64_t time_ns;  // CLOCK_MONOTONIC
  uint64_t real_ns;  // CLOCK_REALTIME: steps and suspends show in the difference
  uint64_t rss;      // bytes; kUnknown unless the option rss=on
  uint64_t usage;    // bytes of the nearest limit in use; kUnknown likewise
  uint64_t limit;    // bytes; kUnknown: none, or not known
  uint64_t interval;
  uint64_t bytes_allocated;
  uint64_t live_samples;
  double live_objects;
  double live_objects_variance;
  double live_bytes;
  double live_bytes_variance;
  uint32_t cause;        // PulseCause
  uint32_t stacks_used;  // distinct stacks so far: while it rises fast the program warms up
  struct {
    uint32_t stack;
    uint32_t reserved;
    float objects;
    float bytes;
  } top[kTopStacks];  // by live bytes, falling
};
inline constexpr uint32_t kPulseLevels = 20;
inline constexpr uint32_t kPulsesPerLevel = 16;

enum PulseCause : uint32_t {
  kPulseTime = 0,
  kPulseMark = 1,
  kPulseRssStep = 2,
  kPulseNearLimit = 3
};

inline constexpr uint64_t kUnknown = ~uint64_t{0};

// The same ruler (20 levels of 32), written by an observer outside the process (`seep run`, `seep
// watch`), which may make the system calls that a process under seccomp may not. One observer at a
// time: it holds flock(LOCK_EX) on the file and goes on from the greatest number found.
struct Residency {
  uint32_t sequence;
  uint32_t reserved;
  uint64_t number;
  uint64_t time_ns;  // CLOCK_MONOTONIC of the host
  uint64_t rss;
  uint64_t swap;
  uint64_t usage;
  uint64_t limit;
};
inline constexpr uint32_t kResidencyLevels = 20;
inline constexpr uint32_t kResidenciesPerLevel = 32;

// Since when which interval was in force: holes in the births are not silence of the program.
struct Interval {
  uint64_t time_ns;   // CLOCK_MONOTONIC
  uint64_t interval;  // bytes; 0: off
  uint32_t cause;     // IntervalCause
  uint32_t ready;
};
enum IntervalCause : uint32_t {
  kIntervalStart = 1,
  kIntervalControl = 2,
  kIntervalApi = 3,
  kIntervalThinning = 4
};

// A line of text for people: marks set by the program, options that were not understood.
struct Notice {
  uint64_t time_ns;
  uint32_t kind;  // NoticeKind
  uint32_t ready;
  char text[112];  // null-terminated, cut
};
enum NoticeKind : uint32_t { kNoticeMark = 1, kNoticeOption = 2, kNoticeTrouble = 3 };

// ---------------------------------------------------------------------------------------------
// Counters: everything that was taken, dropped, or guessed. Printed by name, never summed up.

enum Counter : uint32_t {
  kSamples,           // allocations drawn
  kDeathsSeen,        // sampled blocks seen to be freed
  kReallocations,     // of those, by realloc
  kMissedFrees,       // an address was handed out again without its free having been seen
  kThinnings,         // times T doubled because three quarters of the slots were live
  kThinned,           // live samples given up by thinning (others stand for them)
  kStamps,            // looks at a block for its class
  kDroppedNoSlot,     // samples lost: every slot in use
  kDroppedIndexFull,  // samples lost: both index buckets of the address full
  kDroppedReentrant,  // samples lost: drawn inside a signal handler that interrupted us
  kDroppedAddress,    // samples lost: the address does not fit into 47 bits
  kStackTableFull,    // samples whose stack went to row 0
  kStacksShortened,   // stacks kept with 8 frames because the frame pool is nearly full
  kWalksTruncated,    // stacks cut: too deep, or a frame without unwind information
  kWalksForeign,      // stacks not on the thread's own stack
  kLabelsOther,       // samples whose label went to "other"
  kClassTableFull,    // stamps that found a class but no room for it
  kStringsFull,       // names that found no room
  kModuleTableFull,   // code positions kept as raw addresses
  kDeathTableFull,    // deaths that found no row: see StackRecord::unplaced_deaths
  kBytesAllocated,    // bytes charged to the sampler, ± one leg (4 MiB) a thread
  kOptionErrors,      // keys or values of SEEP_OPTIONS that were not understood
  kHandedFrees,       // frees that a stamper finished (the block was being looked at)
  kInheritedDeaths,   // deaths of samples that were born before the fork
  kIntervalsFull,     // changes of the interval that found no room
  kNoticesFull,       // notices that found no room
  kCounterCount
};

enum class Status : uint32_t {
  kNotStarted = 0,
  kRecording = 1,
  kStopped = 2,  // by seep_stop or interval 0
  kExited = 3,   // returned from main or called exit
  // Could not record; the program runs on, unprofiled.
  kOff = 16,            // by option, or a set-user-ID program
  kNoDirectory = 17,    // output= cannot be created or is not ours
  kNoFile = 18,         // open failed
  kNoSpace = 19,        // the file system cannot hold the file
  kFileSizeLimit = 20,  // RLIMIT_FSIZE is below the file's size: writing would kill
  kNoMemory = 21,       // mmap failed
  kNoAllocator = 22,    // no malloc was found behind ours
};

struct ClockPair {
  uint64_t monotonic_ns;
  uint64_t real_ns;
};

// 4096 bytes.
struct Header {
  char magic[8];
  uint32_t version;
  uint32_t header_size;
  uint64_t file_size;
  Arch arch;
  uint32_t page_size;
  Status status;
  uint32_t section_count;
  uint32_t counter_count;
  uint32_t reserved;
  Section sections[20];
  uint64_t counters[64];

  // Who: a pid alone names nothing once it is reused.
  char boot_id[40];        // /proc/sys/kernel/random/boot_id
  uint64_t pid_namespace;  // inode of /proc/self/ns/pid
  uint32_t pid;            // in that namespace
  uint32_t parent_pid;
  uint64_t start_ticks;    // /proc/self/stat field 22; the same after exec
  ClockPair started;       // when the profiler came up: the exec, or the fork of a child
  ClockPair created;       // when the file was made: the first sample
  ClockPair latest;        // rewritten at each pulse
  uint64_t random;         // drawn at start-up (or fork); the name's last part
  uint64_t parent_random;  // of the recording that this process was forked from; 0: none
  uint32_t fork_generation;
  uint32_t uid;
  char host[72];
  char executable[512];  // as /proc/self/exe reads, cut
  uint8_t build_id[32];
  uint32_t build_id_length;
  uint32_t profiler_version;  // major << 16 | minor << 8 | patch

  uint64_t interval;          // T in force, bytes; 0: off
  uint64_t initial_interval;  // T at start
  uint64_t threads;           // that took a sample slow path so far

  // Written from outside, read by the program at sample events: all that it reads back. It takes an
  // interval of 0 or within [1, 2^40] bytes. (Who can write here can also cut the file short, which
  // kills the program by SIGBUS: hence mode 0600.)
  struct {
    uint32_t sequence;  // change it last, to any new value
    uint32_t reserved;
    uint64_t interval;  // bytes; 0: off
  } control;
};

// ---------------------------------------------------------------------------------------------
// How to find the recording of a process or core without its file system: the ELF note
// (owner "Seep", type kNoteAnchor) in libseep.so's first page holds one int64_t: the distance from
// its own address to this struct in .data. In a forked child that has no file yet, mapping is 0.

inline constexpr uint32_t kNoteAnchor = 1;
inline constexpr char kNoteOwner[8] = "Seep\0\0\0";

struct Anchor {
  char magic[8];     // "SEEPANC\n"
  uint32_t size;     // sizeof(Anchor)
  Status status;     // why there is no recording, where there is none
  uint64_t mapping;  // address of the recording in the process; 0: none
  uint64_t length;   // its bytes
  uint64_t random;   // header.random
  char path[512];    // its file, cut
};
inline constexpr char kAnchorMagic[8] = {'S', 'E', 'E', 'P', 'A', 'N', 'C', '\n'};

static_assert(sizeof(LiveSlot) == 64);
static_assert(sizeof(Totals) == 48);
static_assert(sizeof(StackRecord) == 208);
static_assert(sizeof(ModuleRecord) == 88);
static_assert(sizeof(ClassRecord) == 88);
static_assert(sizeof(LabelRecord) == 24);
static_assert(sizeof(DeathRecord) == 72);
static_assert(sizeof(Pulse) == 1144);
static_assert(sizeof(Residency) == 56);
static_assert(sizeof(Notice) == 128);
static_assert(sizeof(Interval) == 24);
static_assert(sizeof(Header) <= 4096);

}  // namespace seep::recording
