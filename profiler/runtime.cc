#include "profiler/runtime.h"

#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/mix.h"
#include "profiler/anchor.h"
#include "profiler/class_store.h"
#include "profiler/clock.h"
#include "profiler/death_store.h"
#include "profiler/fork_guard.h"
#include "profiler/label_store.h"
#include "profiler/mirror.h"
#include "profiler/module_table.h"
#include "profiler/notices.h"
#include "profiler/options.h"
#include "profiler/publish.h"
#include "profiler/pulse.h"
#include "profiler/runtime_state.h"
#include "profiler/sampler.h"
#include "profiler/stack_store.h"

namespace seep::profiler {

__thread ThreadState t_state __attribute__((tls_model("initial-exec")));

namespace {

constinit Options g_options{};
constinit std::atomic<bool> g_up{};
constinit std::atomic<uint64_t> g_interval{};
constinit std::atomic<uint64_t> g_paused_interval{};  // to go on with after seep_stop
std::atomic<uint32_t> g_epoch{1};                     // of the process image: rises at each fork
constinit std::atomic<uint64_t> g_threads{};
constinit std::atomic<uint32_t> g_control_seen{};
constinit ProcessStart g_start{};

class ScopedErrno {
 public:
  ScopedErrno() : saved_(errno) {}
  ~ScopedErrno() { errno = saved_; }
  ScopedErrno(const ScopedErrno&) = delete;
  ScopedErrno& operator=(const ScopedErrno&) = delete;

 private:
  int saved_;
};

// The kernel's 16 random bytes for this exec: no system call.
uint64_t SeedFromKernel() {
  uint64_t words[2] = {};
  if (unsigned long bytes = getauxval(AT_RANDOM); bytes != 0) {
    memcpy(words, reinterpret_cast<const void*>(bytes), sizeof(words));
  }
  return Mix64(words[0] ^ Mix64(words[1] ^ NowNs()));
}

void EnterEpoch(ThreadState& t) {
  t.epoch = g_epoch.load();
  if (t.ordinal == 0) t.ordinal = static_cast<uint32_t>(g_threads.fetch_add(1) + 1);
  t.random = Mix64(g_start.random ^ Mix64(t.ordinal));
  MirrorRuntimeState();
}

// A forked child begins a life of its own: with the parent's live samples, since they are its
// blocks now, but with none of its history, and with a file of its own at its first own sample.
void EnterChild() {
  if (std::byte* parents = g_mirror.exchange(nullptr)) munmap(parents, kLayout.file_size);
  g_start.parent_random = g_start.random;
  g_start.random = Mix64(g_start.random ^ Mix64(NowNs()));
  g_start.clock = NowPair();
  ++g_start.fork_generation;
  g_epoch.fetch_add(1);
  g_control_seen = 0;  // of the file to come
  ForgetRecording();
  ResetCounters();
  ResetStackTotals();
  ResetDeaths();
  ResetPulses();
  AdoptSamples();
  InitLiveTable(g_start.random, g_start.clock.monotonic_ns);
  AddInterval(g_interval.load(), recording::kIntervalStart);
}

// Takes over an interval that was written into the file from outside.
void ObeyControl() {
  recording::Header* header = MirrorHeader();
  if (header == nullptr) return;
  uint32_t sequence = std::atomic_ref<uint32_t>(header->control.sequence).load();
  if (sequence == g_control_seen.exchange(sequence)) return;
  uint64_t wanted = std::atomic_ref<uint64_t>(header->control.interval).load();
  if (wanted <= kMaxCharge) SetInterval(wanted, recording::kIntervalControl);
}

void CountWalk(const Walk& walk) {
  if (walk.flags & recording::kStackTruncated) Count(recording::kWalksTruncated);
  if (walk.flags & recording::kStackForeign) Count(recording::kWalksForeign);
}

}  // namespace

uint64_t CurrentInterval() { return g_interval.load(std::memory_order_relaxed); }

void MirrorRuntimeState() {
  recording::Header* header = MirrorHeader();
  if (header == nullptr) return;
  MirrorValue(g_interval, &header->interval);
  MirrorValue(g_threads, &header->threads);
}

void SetInterval(uint64_t interval, recording::IntervalCause cause) {
  if (g_interval.exchange(interval) == interval) return;
  AddInterval(interval, cause);
  MirrorRuntimeState();
  if (MirrorHeader() != nullptr) {
    SetStatus(interval == 0 ? recording::Status::kStopped : recording::Status::kRecording);
  }
}

void StartUp(const char* options, void (*free_block)(void*), bool skip_own_frames) {
  g_options = ParseOptions(options, [](const char* part) {
    Count(recording::kOptionErrors);
    AddNotice(recording::kNoticeOption, part);
  });
  if (!g_options.profile || getauxval(AT_SECURE) != 0 || !ArmForkGuard()) {
    return SetStatus(recording::Status::kOff);
  }
  g_start.random = SeedFromKernel();
  g_start.clock = NowPair();
  g_start.initial_interval = g_options.interval;
  EnableResidency(g_options.rss);
  ReserveLabelRows();
  ScanInitialModules();
  PrepareUnwind(skip_own_frames);
  SetFreeBlock(free_block);
  InitLiveTable(g_start.random, g_start.clock.monotonic_ns);
  g_interval = g_options.interval;
  AddInterval(g_options.interval, recording::kIntervalStart);
  g_up.store(true);
}

void ShutDown() {
  if (!g_up.load() || !PassForkGuard(EnterChild)) return;
  SetStatus(recording::Status::kExited);
}

double EndLeg(uint64_t size) {
  ThreadState& t = t_state;
  if (!g_up.load(std::memory_order_relaxed)) {
    t.left = 0;  // so that every allocation comes here until we are up
    return 0;
  }
  bool passed = PassForkGuard(EnterChild);
  if (t.busy > 0 || !passed) {
    t.left += size + 1;  // a signal handler interrupted the profiler: not charged
    if (passed) Count(recording::kDroppedReentrant);
    return 0;
  }
  ScopedErrno keep;
  ScopedBusy busy(t);
  uint64_t interval = CurrentInterval();
  if (t.epoch != g_epoch.load(std::memory_order_relaxed)) {
    EnterEpoch(t);
    StartLeg(t, interval);
    uint64_t charge = ChargeFor(size);
    bool fits = t.left >= charge;
    t.left -= size + 1;
    if (fits && size < kMaxCharge) return 0;
  }
  Count(recording::kBytesAllocated, t.leg_length - (t.left + size + 1) + ChargeFor(size));
  ObeyControl();
  return CrossLegEnd(t, size, CurrentInterval());
}

void Refund(uint64_t size) {
  if (ReadyForSamples() && t_state.busy == 0) {
    Count(recording::kBytesAllocated, -ChargeFor(size));  // modulo 2^64
  }
}

bool ReadyForSamples() { return g_up.load(std::memory_order_relaxed) && PassForkGuard(EnterChild); }

void RecordAllocation(void* block, uint64_t size, double exposure, const Registers& caller,
                      bool fresh, uint8_t flags) {
  ScopedErrno keep;
  ScopedBusy busy(t_state);
  if (!EnsureRecording(g_options, g_start)) {
    g_interval = 0;
    return;
  }
  if (fresh) memset(block, 0, size < 64 ? size : 64);
  uint64_t now = NowNs();
  Walk walk;
  WalkStack(caller, &walk);
  CountWalk(walk);
  // Before the insertion: a thread that is stopped in here must not leave both its own new block
  // and one that it was looking at, and that was freed meanwhile, in the recording.
  StampDueSamples(now);
  InsertSample({reinterpret_cast<uintptr_t>(block), size, exposure, InternStack(walk),
                InternLabels(t_state.label), t_state.ordinal, flags},
               now);
  uint64_t interval = CurrentInterval();
  if (uint64_t thinned = ThinIfCrowded(interval); thinned != interval) {
    SetInterval(thinned, recording::kIntervalThinning);
  }
  PulseIfDue(now);
}

bool ReleaseForFree(void* block) {
  ScopedErrno keep;
  if (!ReadyForSamples()) return true;
  ScopedBusy busy(t_state);
  return ReleaseSample(reinterpret_cast<uintptr_t>(block)) != Release::kHandedOver;
}

int Resume() {
  if (!ReadyForSamples()) return -1;
  if (g_interval.load() == 0) {
    uint64_t interval = g_paused_interval.load();
    if (interval == 0) interval = g_options.interval != 0 ? g_options.interval : kDefaultInterval;
    SetInterval(interval, recording::kIntervalApi);
  }
  return 0;
}

void Pause() {
  if (!ReadyForSamples()) return;
  if (uint64_t interval = g_interval.load(); interval != 0) g_paused_interval = interval;
  SetInterval(0, recording::kIntervalApi);
}

void Mark(const char* text) {
  if (text == nullptr || !ReadyForSamples()) return;
  ScopedBusy busy(t_state);
  AddNotice(recording::kNoticeMark, text);
  PulseNow(recording::kPulseMark);
}

}  // namespace seep::profiler
