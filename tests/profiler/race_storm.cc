// The shipped hooks, sample table, stamping, thinning and fork handling under ThreadSanitizer: four
// threads allocate, free each other's blocks, reallocate, and the process forks now and then.
//
//   race_storm SECONDS RECORDING
//
// The allocator behind the hooks is an arena of ours, so that blocks are reused at once. Exit code
// 0: no race was reported (ThreadSanitizer's own is 66) and nothing is left when all is freed.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "profiler/hooks.h"
#include "profiler/live_slots.h"
#include "profiler/live_table.h"
#include "profiler/mirror.h"
#include "profiler/runtime.h"
#include "profiler/runtime_state.h"

namespace seep::profiler {
namespace {

constexpr size_t kBlockSize = 64;
constexpr size_t kBlocks = 1 << 17;
constexpr size_t kShelves = 80'000;  // two thirds are in use: more than where thinning begins

struct alignas(kBlockSize) ArenaBlock {
  char bytes[kBlockSize];
};
ArenaBlock g_arena[kBlocks];
std::mutex g_mutex;
std::vector<void*> g_free;

void* ArenaMalloc(size_t size) {
  std::lock_guard lock(g_mutex);
  if (size > kBlockSize || g_free.empty()) return nullptr;
  void* block = g_free.back();
  g_free.pop_back();
  return block;
}

void ArenaFree(void* block) {
  std::lock_guard lock(g_mutex);
  g_free.push_back(block);
}

// Fails now and then, as a real one does.
void* ArenaRealloc(void* block, size_t size) {
  if (size % 7 == 0) return nullptr;
  void* moved = ArenaMalloc(size);
  if (moved == nullptr) return nullptr;
  memcpy(moved, block, kBlockSize);
  ArenaFree(block);
  return moved;
}

size_t ArenaUsableSize(void*) { return kBlockSize; }

struct Object {
  virtual ~Object() = default;
  int content = 1;
};

std::atomic<void*> g_shelves[kShelves];

void* Make(std::mt19937& random) {
  size_t size = sizeof(Object) + random() % (kBlockSize - sizeof(Object));
  void* block = HookedMalloc(size);
  return block == nullptr ? nullptr : new (block) Object;
}

void Step(std::mt19937& random) {
  std::atomic<void*>& shelf = g_shelves[random() % kShelves];
  void* block = random() % 3 == 0 ? nullptr : Make(random);
  void* old = shelf.exchange(block);
  if (old == nullptr) return;
  if (random() % 4 == 0) {
    if (void* moved = ReallocHooked(old, 8 + random() % (kBlockSize - 8))) old = moved;
  }
  HookedFree(old);
}

void Work(std::chrono::steady_clock::time_point end, unsigned seed) {
  std::mt19937 random(seed);
  while (std::chrono::steady_clock::now() < end) {
    for (int i = 0; i < 1000; ++i) Step(random);
  }
}

// False: the child ended badly.
bool ForkOnce(unsigned seed) {
  pid_t child = fork();
  if (child == 0) {
    // Threads of the parent may hold the arena's lock for ever: the child only frees its samples.
    for (size_t i = seed % 7; i < kShelves; i += 7) {
      if (void* block = g_shelves[i].load(); block != nullptr) ReleaseForFree(block);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int CountLeftovers() {
  for (auto& shelf : g_shelves) {
    if (void* block = shelf.exchange(nullptr); block != nullptr) HookedFree(block);
  }
  int leftovers = SumOfLive().samples != 0;
  for (uint32_t i = 0; i < kSlotCapacity; ++i) {
    leftovers += g_slots[i].state.load() != SlotState::kEmpty;
    leftovers += MirrorRecord<recording::LiveSlot>(recording::kSlots, i)->address != 0;
  }
  return leftovers + (g_free.size() != kBlocks);
}

int Storm(int seconds, const std::string& recording) {
  for (ArenaBlock& block : g_arena) g_free.push_back(&block);
  g_next = {ArenaMalloc, ArenaFree, nullptr, ArenaRealloc, nullptr,
            nullptr,     nullptr,   nullptr, nullptr,      ArenaUsableSize};
  StartUp(("sample=1:output=" + recording).c_str(), ArenaFree, false);
  std::mt19937 random(0);
  for (size_t i = 0; i < kShelves * 6 / 10; ++i) g_shelves[i] = Make(random);
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; ++seed) threads.emplace_back(Work, end, seed);
  int forks = 0, bad_forks = 0;
  while (std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    bad_forks += !ForkOnce(static_cast<unsigned>(++forks));
    SetInterval(1, recording::kIntervalApi);  // thinning has raised it
  }
  for (std::thread& thread : threads) thread.join();
  int leftovers = CountLeftovers();
  printf(
      "%d s: %llu samples, %llu deaths, %llu stamps, %llu frees handed over, %llu thinnings, "
      "%llu missed frees, %d forks (%d bad), %d leftovers\n",
      seconds, static_cast<unsigned long long>(CounterValue(recording::kSamples)),
      static_cast<unsigned long long>(CounterValue(recording::kDeathsSeen)),
      static_cast<unsigned long long>(CounterValue(recording::kStamps)),
      static_cast<unsigned long long>(CounterValue(recording::kHandedFrees)),
      static_cast<unsigned long long>(CounterValue(recording::kThinnings)),
      static_cast<unsigned long long>(CounterValue(recording::kMissedFrees)), forks, bad_forks,
      leftovers);
  bool all_was_tried =
      CounterValue(recording::kStamps) > 0 && CounterValue(recording::kThinnings) > 0 && forks > 0;
  return leftovers == 0 && bad_forks == 0 && all_was_tried ? 0 : 1;
}

}  // namespace
}  // namespace seep::profiler

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return seep::profiler::Storm(atoi(argv[1]), argv[2]);
}
