#include "profiler/pulse.h"

#include <atomic>
#include <bit>
#include <cstring>

#include "profiler/clock.h"
#include "profiler/live_table.h"
#include "profiler/mirror.h"
#include "profiler/residency.h"
#include "profiler/runtime_state.h"
#include "profiler/stack_store.h"

namespace seep::profiler {
namespace {

constexpr uint64_t kPulseDistance = 1'000'000'000;  // ns

constinit std::atomic<uint64_t> g_last_pulse_ns{};
constinit std::atomic<bool> g_writing{};  // one writer; whoever comes second skips this pulse
constinit std::atomic<uint64_t> g_pulses{}, g_events{};
bool g_residency;

void FillTop(recording::Pulse* pulse) {
  LiveShare top[recording::kTopStacks];
  LiveShare sum;
  pulse->stack_count = TopStacks(top, recording::kTopStacks, &sum);
  for (uint32_t i = 0; i < pulse->stack_count; ++i) {
    pulse->top[i] = {top[i].stack, 0, static_cast<float>(top[i].objects),
                     static_cast<float>(top[i].bytes)};
  }
}

void Fill(recording::Pulse* pulse, recording::PulseCause cause) {
  *pulse = {};
  recording::ClockPair now = NowPair();
  pulse->time_ns = now.monotonic_ns;
  pulse->real_ns = now.real_ns;
  Residency residency = g_residency ? ReadResidency() : Residency{};
  pulse->rss = residency.rss;
  pulse->usage = residency.usage;
  pulse->limit = residency.limit;
  pulse->interval = CurrentInterval();
  pulse->bytes_allocated = CounterValue(recording::kBytesAllocated);
  LiveSum live = SumOfLive();
  pulse->live_samples = live.samples;
  pulse->live_objects = live.objects;
  pulse->live_objects_variance = live.objects_variance;
  pulse->live_bytes = live.bytes;
  pulse->live_bytes_variance = live.bytes_variance;
  pulse->cause = cause;
  pulse->stacks_used = StacksUsed();
  FillTop(pulse);
}

void Store(const recording::Pulse& pulse, recording::SectionId section, uint32_t index,
           uint64_t number) {
  auto* target = MirrorRecord<recording::Pulse>(section, index);
  std::atomic_ref<uint32_t> sequence(target->sequence);
  // Each place is written once per turn of the ring: its sequence follows from the number.
  auto even = static_cast<uint32_t>(2 * number);
  sequence.store(even - 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  memcpy(reinterpret_cast<std::byte*>(target) + sizeof(uint32_t),
         reinterpret_cast<const std::byte*>(&pulse) + sizeof(uint32_t),
         sizeof(pulse) - sizeof(uint32_t));
  std::atomic_ref<uint64_t>(target->number).store(number);
  sequence.store(even, std::memory_order_release);
}

void Write(recording::PulseCause cause) {
  if (g_mirror.load() == nullptr || g_writing.exchange(true)) return;
  static recording::Pulse pulse;  // 1 KiB: too much for a small thread's stack
  Fill(&pulse, cause);
  uint64_t number = ++g_pulses;
  auto level = static_cast<uint32_t>(std::countr_zero(number));
  if (level >= recording::kPulseLevels) level = recording::kPulseLevels - 1;
  auto place = static_cast<uint32_t>(number >> (level + 1)) % recording::kPulsesPerLevel;
  Store(pulse, recording::kPulses, level * recording::kPulsesPerLevel + place, number);
  if (cause != recording::kPulseTime) {
    uint64_t event = ++g_events;
    Store(pulse, recording::kEvents, static_cast<uint32_t>((event - 1) % kEventCapacity), event);
  }
  recording::Header* header = MirrorHeader();
  std::atomic_ref(header->latest.real_ns).store(pulse.real_ns);
  std::atomic_ref(header->latest.monotonic_ns).store(pulse.time_ns);
  g_writing.store(false);
}

}  // namespace

void PulseIfDue(uint64_t now_ns) {
  uint64_t last = g_last_pulse_ns.load(std::memory_order_relaxed);
  if (now_ns - last < kPulseDistance) return;
  if (g_last_pulse_ns.compare_exchange_strong(last, now_ns)) Write(recording::kPulseTime);
}

void PulseNow(recording::PulseCause cause) { Write(cause); }

void ResetPulses() {
  g_pulses = 0;
  g_events = 0;
  g_last_pulse_ns = 0;
  g_writing = false;
}

void EnableResidency(bool on) { g_residency = on; }

}  // namespace seep::profiler
