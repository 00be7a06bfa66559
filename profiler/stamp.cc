// Stamping: finding the class of a live sample inside the process, for the day the process is
// killed. The constructor has not run yet when malloc returns, so each sample event looks at a few
// older samples that are due.
//
// A pinned block cannot be freed under the look: its free is left to us. Its content may change at
// any moment, which is why a word only counts as a vptr after it has proved to be one.
#include "profiler/class_store.h"
#include "profiler/clock.h"
#include "profiler/live_slots.h"
#include "profiler/live_table.h"
#include "profiler/mirror.h"

namespace seep::profiler {
namespace {

constexpr uint64_t kYoungAge = 10'000'000;       // ns: constructors have run by then
constexpr uint64_t kSettledAge = 1'000'000'000;  // ns: slow ones too, and two-phase ones
constexpr uint32_t kStampsPerEvent = 4;          // more than one sample is born per event
constexpr uint32_t kWordsLookedAt = 8;

// A ring of { serial : 44 | slot : 20 }, oldest first. When a writer laps the reader the oldest
// entries are lost: those samples stay unstamped, which readers count.
class DueQueue {
 public:
  void Push(uint32_t index, uint64_t serial) {
    uint64_t at = tail_.fetch_add(1);
    ring_[at % kSize].store(serial << 20 | index);
  }

  // Calls stamp(index, serial) → false to stop, for up to `limit` entries.
  template <typename Stamp>
  void Drain(uint32_t limit, Stamp stamp) {
    while (limit-- > 0) {
      uint64_t head = head_.load();
      uint64_t tail = tail_.load();
      if (tail - head > kSize && tail > head) {
        head_.compare_exchange_strong(head, tail - kSize);
        continue;
      }
      if (head >= tail) return;
      uint64_t entry = ring_[head % kSize].load();
      if (entry == 0 || !stamp(static_cast<uint32_t>(entry & 0xFFFFF), entry >> 20)) return;
      if (head_.compare_exchange_strong(head, head + 1)) {
        uint64_t expected = entry;
        ring_[head % kSize].compare_exchange_strong(expected, 0);
      }
    }
  }

 private:
  static constexpr uint64_t kSize = uint64_t{2} * kSlotCapacity;
  std::atomic<uint64_t> head_, tail_;
  std::atomic<uint64_t> ring_[kSize];
};

constinit DueQueue g_young{}, g_settled{};

constexpr uint64_t kSerialMask = (uint64_t{1} << 44) - 1;

// The host may be writing these words at the same time.
__attribute__((no_sanitize("thread", "address"))) uintptr_t LoadWord(uintptr_t address) {
  return __atomic_load_n(reinterpret_cast<const uintptr_t*>(address), __ATOMIC_RELAXED);
}

void LookForClass(recording::LiveSlot& record) {
  for (uint64_t word = 0; word < kWordsLookedAt && (word + 1) * 8 <= record.size; ++word) {
    uint32_t klass = InternClassOfVptr(LoadWord(record.address + word * 8));
    if (klass == 0) continue;
    record.klass = klass;
    record.class_word = static_cast<uint8_t>(word);
    return;
  }
}

void Unpin(uint32_t index, const void* mirror_seen) {
  Slot& slot = g_slots[index];
  if (Move(slot, SlotState::kPinned, SlotState::kLive)) {
    return MirrorSlotIfLate(index, mirror_seen);
  }
  // PinnedFreed: the program has freed the block and left it to us. BusyFreed: it was freed behind
  // our back, and is somebody else's by now.
  bool left_to_us = slot.state.load() == SlotState::kPinnedFreed;
  auto* block = reinterpret_cast<void*>(slot.record.address);
  EndSample(index, NowNs());
  if (left_to_us) g_free_block(block);
}

enum class Due { kNotYet, kGone, kStamped };

// The look that follows `stamps` earlier ones.
Due Stamp(uint32_t index, uint64_t serial, uint8_t stamps, uint64_t now_ns) {
  Slot& slot = g_slots[index];
  if (!Move(slot, SlotState::kLive, SlotState::kPinned)) {
    // Live again: somebody held it until a moment ago.
    SlotState state = slot.state.load();
    bool is_there =
        state == SlotState::kPinned || state == SlotState::kBusy || state == SlotState::kLive;
    return is_there ? Due::kNotYet : Due::kGone;
  }
  recording::LiveSlot& record = slot.record;
  const void* mirror = g_mirror.load();
  Due due = Due::kStamped;
  if ((record.serial & kSerialMask) != serial || record.stamps != stamps) {
    due = Due::kGone;
  } else if (now_ns < record.birth_ns + (stamps == 0 ? kYoungAge : kSettledAge)) {
    due = Due::kNotYet;
  } else {
    LookForClass(record);
    ++record.stamps;
    Count(recording::kStamps);
    MirrorSlot(index);
  }
  Unpin(index, mirror);
  return due;
}

}  // namespace

void QueueForStamp(uint32_t index, uint64_t serial) { g_young.Push(index, serial & kSerialMask); }

void StampDueSamples(uint64_t now_ns) {
  g_young.Drain(kStampsPerEvent, [&](uint32_t index, uint64_t serial) {
    Due due = Stamp(index, serial, 0, now_ns);
    if (due == Due::kStamped) g_settled.Push(index, serial);
    return due != Due::kNotYet;
  });
  g_settled.Drain(kStampsPerEvent, [&](uint32_t index, uint64_t serial) {
    return Stamp(index, serial, 1, now_ns) != Due::kNotYet;
  });
}

}  // namespace seep::profiler
