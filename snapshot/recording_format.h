// The recording: what the profiler publishes while the program runs, and what is left when it is
// killed. Shared by the profiler (writer), the readers and nobody's compiler: standard-layout
// records of fixed size, offsets instead of pointers. Runtime-safe: <cstdint> only.
//
//   ┌────────┬───────┬────────┬────────┬─────────┬─────────┬────────┬────────┬────────┬─────────┬─────────┬─────────┐
//   │ header │ slots │ stacks │ frames │ modules │ classes │ labels │ deaths │ pulses │residency│
//   notices │ strings │
//   └────────┴───────┴────────┴────────┴─────────┴─────────┴────────┴────────┴────────┴─────────┴─────────┴─────────┘
//
// Rules that every later version keeps:
//   * Versions only append: new fields at a record's end, new sections at the table's end. A reader
//     takes record sizes and offsets from the section table, never from its own sizeof.
//   * The host only writes. It never reads the mapping back (it keeps private copies), so that no
//     free() can wait for a page that the kernel has written out. The one exception is `control`.
//   * Any process may read at any time, without stopping the writer. Records that change carry a
//     `sequence`: odd while being written. After SIGKILL an odd sequence marks a torn record, at
//     most one a thread. Records of append-only tables are whole once their index is below the
//     section's `used`, except those whose `ready` is 0 (being filled when the process died).
//   * Index 0 of stacks, modules, classes and labels is reserved and means "none" or "unknown", so
//     that a file of zeros is a valid, empty recording.
//   * Little-endian, x86-64 or aarch64 (see `arch`).
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
  kResidency,
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
  // in force while it was drawn, halved by each thinning. It was kept with probability
  // p = 1 − e^−λ and stands for 1/p blocks. (λ and not p: beyond λ = 37 p rounds to 1 and could
  // never be thinned again.)
  double exposure;
  uint64_t birth_ns;   // CLOCK_MONOTONIC
  uint32_t klass;      // index into classes; 0: not known (yet)
  uint32_t label;      // index into labels; 0: none
  uint32_t thread;     // ordinal of the thread within the process, in order of first sample
  uint8_t class_word;  // the vtable pointer was found at this 8-byte word of the block
  uint8_t stamps;      // how often the block was looked at: 0 never, 1 young (≥ 10 ms), 2 settled
  uint16_t reserved;
  uint64_t serial;  // of the allocation: (address, serial) is the block's identity
};

// Sums over sampled blocks, each standing for 1/p blocks. Mirrors of private counters, each field
// written by itself: sums may disagree by the one event that was being counted.
struct Totals {
  uint64_t count;          // samples
  double objects;          // Σ 1/p
  double objects_squared;  // Σ 1/p²; the estimate's variance is Σ 1/p² − Σ 1/p
  double bytes;            // Σ size/p
  double bytes_squared;    // Σ (size/p)²; the estimate's variance is this − sized_bytes
  double sized_bytes;      // Σ size²/p
};

// One distinct call stack; its frames are Position[frame_count] in the frames section, leaf first.
// A frame is a return address (look up address − 1), except after kStackSignalFrame.
struct StackRecord {
  uint64_t hash;
  uint32_t first_frame;
  uint16_t frame_count;
  uint16_t flags;  // StackFlag
  uint32_t ready;  // 1 once the record is whole
  uint32_t reserved;
  Totals births;  // every sample drawn here, dead or alive
  Totals deaths;  // those seen to die. Thinned samples are in neither births' nor deaths' future
};

enum StackFlag : uint16_t {
  kStackTruncated = 1,    // deeper than the limit, or cut at a frame that could not be unwound
  kStackForeign = 2,      // not on the thread's own stack: a fiber or an alternate signal stack
  kStackShortened = 4,    // the frame pool was nearly full: only the top 8 frames were kept
  kStackSignalFrame = 8,  // passes through a signal handler
};

// One load of one module. A module that is unloaded and loaded again, or another one at the same
// address, is a new record, so that old stacks keep their meaning.
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
inline constexpr uint32_t kLabelOther = 1;  // stands for every value past the table's capacity

// Deaths by (stack, class, birth cohort, age at death): the part of the past that one recording
// needs in order to tell a leak from a cache.
//
// Ages: bucket a = 0 below 1 s, then a = 1 + ⌊log2 seconds⌋. Cohorts: cohort c = 1 + ⌊4·log2(1 +
// s)⌋ for a birth s seconds after `start_ns`, so 4 cohorts a doubling: whenever one looks, the last
// 90 % of the observation is 13 cohorts wide, and nothing ever has to be merged or moved (16 equal
// cohorts would have to be, at each doubling, under the feet of a SIGKILL). A death before age 32 s
// has cohort 0, "any": no test of growth asks when such a block was born, and busy sites stay
// small.
struct DeathRecord {
  uint32_t stack;
  uint32_t klass;
  uint8_t cohort;
  uint8_t age;
  uint16_t reserved;
  uint32_t ready;
  Totals totals;
};

inline constexpr uint32_t kYoungAgeBuckets = 6;  // ages 0..5, below 32 s: cohort 0
inline constexpr uint32_t kTopStacks = 64;

// What was live at one moment. Written at sample events only (the profiler has no thread), at most
// one a second.
//
// Pulse number k (k = 1, 2, …) is stored at level ctz(k) (at most 15), position (k >> (level+1))
// mod
// 16. Level j so holds the last 16 odd multiples of 2^j: fine for the last minute, coarse for the
// last week, 256 records in all and nothing is ever moved.
struct Pulse {
  uint32_t sequence;  // odd while being written
  uint32_t stack_count;
  uint64_t number;   // k; 0: never written
  uint64_t time_ns;  // CLOCK_MONOTONIC
  uint64_t rss;      // bytes; kUnknown unless the option rss=on
  uint64_t usage;    // bytes of the nearest limit in use; kUnknown likewise
  uint64_t limit;    // bytes; kUnknown: none, or not known
  uint64_t live_samples;
  double live_objects;
  double live_bytes;
  uint32_t cause;  // PulseCause
  uint32_t reserved;
  struct {
    uint32_t stack;
    float objects;
    double bytes;
  } top[kTopStacks];  // by live bytes, falling
};
inline constexpr uint32_t kPulseLevels = 16;
inline constexpr uint32_t kPulsesPerLevel = 16;

enum PulseCause : uint32_t {
  kPulseTime = 0,
  kPulseMark = 1,
  kPulseRssStep = 2,
  kPulseNearLimit = 3
};

inline constexpr uint64_t kUnknown = ~uint64_t{0};

// The same ruler, written by an observer outside the process (`seep run`, `seep watch`), which may
// make the system calls that a process under seccomp may not. One observer at a time.
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
inline constexpr uint32_t kResidencyLevels = 16;
inline constexpr uint32_t kResidenciesPerLevel = 32;

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
  kDeathTableFull,    // deaths counted in their stack's totals only
  kBytesAllocated,    // bytes charged to the sampler, ± one leg (4 MiB) a thread
  kOptionErrors,      // keys or values of SEEP_OPTIONS that were not understood
  kHandedFrees,       // frees that a stamper finished (the block was being looked at)
  kCounterCount
};

enum class Status : uint32_t {
  kNotStarted = 0,
  kRecording = 1,
  kStopped = 2,  // by seep_stop or interval 0
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
  Section sections[16];
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
  uint64_t random;         // the name's last part
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

  // Written from outside, read by the host at sample events: the only word it reads back.
  struct {
    uint32_t sequence;  // change it last, to any new value
    uint32_t reserved;
    uint64_t interval;  // bytes; 0: off
  } control;
};

// ---------------------------------------------------------------------------------------------
// How to find the recording of a process or core without its file system: the ELF note
// (owner "Seep", type kNoteAnchor) in libseep.so's first page holds the offset from the note's
// description to this struct in .data.

inline constexpr uint32_t kNoteAnchor = 1;
inline constexpr char kNoteOwner[8] = "Seep\0\0\0";

struct Anchor {
  char magic[8];     // "SEEPANC\n"
  uint32_t size;     // sizeof(Anchor)
  Status status;     // why there is no recording, where there is none
  uint64_t mapping;  // address of the recording in the process; 0: none
  uint64_t length;   // its bytes
  char path[512];    // its file, cut
};
inline constexpr char kAnchorMagic[8] = {'S', 'E', 'E', 'P', 'A', 'N', 'C', '\n'};

static_assert(sizeof(LiveSlot) == 64);
static_assert(sizeof(Totals) == 48);
static_assert(sizeof(StackRecord) == 120);
static_assert(sizeof(ModuleRecord) == 88);
static_assert(sizeof(ClassRecord) == 88);
static_assert(sizeof(LabelRecord) == 24);
static_assert(sizeof(DeathRecord) == 64);
static_assert(sizeof(Pulse) == 1104);
static_assert(sizeof(Residency) == 56);
static_assert(sizeof(Notice) == 128);
static_assert(sizeof(Header) <= 4096);

}  // namespace seep::recording
