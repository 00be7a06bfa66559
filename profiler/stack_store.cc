#include "profiler/stack_store.h"

#include <cstring>

#include "base/mix.h"
#include "profiler/interner.h"
#include "profiler/mirror.h"
#include "profiler/totals.h"

namespace seep::profiler {
namespace {

struct Entry {
  uint64_t hash;
  uint32_t first_frame;
  uint16_t frame_count;
  uint16_t flags;
  std::atomic<uint32_t> ready;
  AtomicTotals births;
  AtomicTotals deaths;
  AtomicTotals unplaced_deaths;
  std::atomic<uint64_t> last_unplaced_ns;
  std::atomic<uint64_t> first_birth_ns;
  std::atomic<uint64_t> largest_size;
  std::atomic<uint64_t> largest_ns;
  std::atomic<uint32_t> maxima_run;
  std::atomic<double> live_objects;
  std::atomic<double> live_bytes;
};
constinit Entry g_entries[kStackCapacity]{};
constinit Interner<kStackCapacity, 4 * kStackCapacity> g_index{};

recording::Position g_frames[kFrameCapacity];
constinit std::atomic<uint32_t> g_frames_used{};

uint64_t HashOf(const Walk& walk) {
  uint64_t hash = walk.flags;
  for (uint32_t i = 0; i < walk.count; ++i) hash = Mix64(hash + walk.frames[i]) * 3;
  return Mix64(hash + walk.count);
}

bool SameFrames(const Entry& entry, const Walk& walk) {
  return entry.frame_count == walk.count && entry.flags == walk.flags &&
         memcmp(g_frames + entry.first_frame, walk.frames, walk.count * sizeof(walk.frames[0])) ==
             0;
}

// Room for `count` frames; false: the pool is full.
bool AllocateFrames(uint32_t count, uint32_t* first) {
  uint32_t used = g_frames_used.load();
  do {
    if (count > kFrameCapacity - used) return false;
  } while (!g_frames_used.compare_exchange_weak(used, used + count));
  *first = used;
  return true;
}

void MirrorSums(const Entry& entry, recording::StackRecord* target) {
  entry.births.MirrorTo(&target->births);
  entry.deaths.MirrorTo(&target->deaths);
  entry.unplaced_deaths.MirrorTo(&target->unplaced_deaths);
  MirrorValue(entry.last_unplaced_ns, &target->last_unplaced_ns);
  MirrorValue(entry.first_birth_ns, &target->first_birth_ns);
  MirrorValue(entry.largest_size, &target->largest_size);
  MirrorValue(entry.largest_ns, &target->largest_ns);
  MirrorValue(entry.maxima_run, &target->maxima_run);
}

void MirrorEntry(uint32_t id) {
  auto* target = MirrorRecord<recording::StackRecord>(recording::kStacks, id);
  const Entry& entry = g_entries[id];
  if (target == nullptr || entry.ready.load() == 0) return;
  if (entry.frame_count > 0) {
    auto* frames = MirrorRecord<recording::Position>(recording::kFrames, entry.first_frame);
    MirrorBytes(frames, g_frames + entry.first_frame, entry.frame_count * sizeof(*frames));
    MirrorUsed(recording::kFrames, [] { return g_frames_used.load(); });
  }
  MirrorField(target->hash, entry.hash);
  MirrorField(target->first_frame, entry.first_frame);
  MirrorField(target->frame_count, entry.frame_count);
  MirrorField(target->flags, entry.flags);
  MirrorSums(entry, target);
  std::atomic_ref<uint32_t>(target->ready).store(1);
  MirrorUsed(recording::kStacks, [] { return g_index.used(); });
}

}  // namespace

uint32_t InternStack(const Walk& full) {
  Walk walk = full;
  if (g_frames_used.load() > kFrameCapacity / 4 * 3 && walk.count > kShortFrames) {
    walk.count = kShortFrames;
    walk.flags |= recording::kStackShortened;
  }
  uint64_t hash = HashOf(walk);
  uint32_t id = g_index.FindOrAdd(
      hash, [&](uint32_t i) { return SameFrames(g_entries[i], walk); },
      [&](uint32_t i) {
        Entry& entry = g_entries[i];
        if (!AllocateFrames(walk.count, &entry.first_frame)) return false;
        memcpy(g_frames + entry.first_frame, walk.frames, walk.count * sizeof(walk.frames[0]));
        entry.hash = hash;
        entry.frame_count = static_cast<uint16_t>(walk.count);
        entry.flags = walk.flags;
        entry.ready.store(1);
        if (walk.flags & recording::kStackShortened) Count(recording::kStacksShortened);
        MirrorEntry(i);
        return true;
      });
  if (id == decltype(g_index)::kFull) {
    Count(recording::kStackTableFull);
    return 0;
  }
  return id;
}

namespace {

// Reallocation growth: is this large block larger than all before it?
void TrackMaximum(Entry& entry, uint64_t size, uint64_t birth_ns) {
  uint64_t largest = entry.largest_size.load();
  while (size > largest) {
    if (!entry.largest_size.compare_exchange_weak(largest, size)) continue;
    entry.largest_ns.store(birth_ns);
    entry.maxima_run.fetch_add(1);
    return;
  }
  entry.maxima_run.store(0);
}

}  // namespace

void CountBirth(const SampledBlock& block, uint64_t birth_ns, uint64_t interval) {
  Entry& entry = g_entries[block.stack];
  entry.births.Add(block.weight, block.size);
  uint64_t none = 0;
  entry.first_birth_ns.compare_exchange_strong(none, birth_ns);
  if (interval != 0 && block.size >= interval) TrackMaximum(entry, block.size, birth_ns);
  if (auto* target = MirrorRecord<recording::StackRecord>(recording::kStacks, block.stack)) {
    MirrorSums(entry, target);
  }
}

void CountDeath(const SampledBlock& block) {
  Entry& entry = g_entries[block.stack];
  entry.deaths.Add(block.weight, block.size);
  if (auto* target = MirrorRecord<recording::StackRecord>(recording::kStacks, block.stack)) {
    entry.deaths.MirrorTo(&target->deaths);
  }
}

void CountUnplacedDeath(const SampledBlock& block, uint64_t death_ns) {
  Entry& entry = g_entries[block.stack];
  entry.unplaced_deaths.Add(block.weight, block.size);
  entry.last_unplaced_ns.store(death_ns);
  if (auto* target = MirrorRecord<recording::StackRecord>(recording::kStacks, block.stack)) {
    MirrorSums(entry, target);
  }
}

void AddLive(const SampledBlock& block, int sign) {
  Entry& entry = g_entries[block.stack];
  double objects = sign * block.weight.objects;
  AtomicAdd(entry.live_objects, objects);
  AtomicAdd(entry.live_bytes, objects * static_cast<double>(block.size));
}

uint32_t TopStacks(LiveShare* top, uint32_t capacity, LiveShare* sum) {
  *sum = {0, 0, 0};
  uint32_t count = 0;
  for (uint32_t id = 0; id < g_index.used(); ++id) {
    LiveShare share{id, g_entries[id].live_objects.load(std::memory_order_relaxed),
                    g_entries[id].live_bytes.load(std::memory_order_relaxed)};
    sum->objects += share.objects;
    sum->bytes += share.bytes;
    if (share.bytes <= 0 || (count == capacity && share.bytes <= top[count - 1].bytes)) continue;
    uint32_t at = count < capacity ? count++ : count - 1;
    for (; at > 0 && top[at - 1].bytes < share.bytes; --at) top[at] = top[at - 1];
    top[at] = share;
  }
  return count;
}

uint32_t StacksUsed() { return g_index.used(); }

void ResetStackTotals() {
  for (uint32_t id = 0; id < g_index.used(); ++id) {
    Entry& entry = g_entries[id];
    entry.births.Reset();
    entry.deaths.Reset();
    entry.unplaced_deaths.Reset();
    for (auto* value :
         {&entry.last_unplaced_ns, &entry.first_birth_ns, &entry.largest_size, &entry.largest_ns}) {
      *value = 0;
    }
    entry.maxima_run = 0;
    entry.live_objects = 0;
    entry.live_bytes = 0;
  }
}

void MirrorAllStacks() {
  // Row 0 has no frames, but counts.
  g_entries[0].ready.store(1);
  for (uint32_t id = 0; id < g_index.used(); ++id) MirrorEntry(id);
}

}  // namespace seep::profiler
