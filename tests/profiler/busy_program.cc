#include "tests/profiler/busy_program.h"

#include <array>
#include <atomic>
#include <new>
#include <random>
#include <thread>
#include <vector>

#include "profiler/include/seep/seep.h"
#include "profiler/runtime.h"
#include "profiler/runtime_state.h"
#include "profiler/thread_state.h"
#include "profiler/unwind.h"

namespace seep::profiler {
namespace {

struct AnyKind {
  virtual ~AnyKind() = default;
};
template <int kNumber>
struct Kind : AnyKind {};

struct alignas(64) Block {
  char bytes[64];
};
// Of each thread; half of them live, so that thinning sets in.
constexpr size_t kBlocks = kBusyArena / sizeof(Block);
alignas(kBusyArena) Block g_blocks[kBusyThreads][kBlocks];
enum State : uint8_t { kFree, kAllocated, kHandedOver };
std::atomic<State> g_states[kBusyThreads][kBlocks];

void FreeBlock(void* block) {
  auto index = static_cast<size_t>(static_cast<Block*>(block) - &g_blocks[0][0]);
  (&g_states[0][0])[index].store(kFree);
}

template <size_t kWay>
__attribute__((noinline)) void Record(void* block, uint64_t k) {
  RecordAllocation(block, BusySize(k), BusyExposure(k), SEEP_CALLER_REGISTERS(), true, 0);
}

template <size_t kWay>
__attribute__((noinline)) void Allocate(void* block, uint64_t k) {
  Record<kWay>(block, k);
  asm volatile("");  // so that the call is not a jump
}

template <int kNumber>
void Construct(void* block) {
  new (block) Kind<kNumber>;
}

void AllocateAndConstruct(void* block, uint64_t k) {
  std::string number = std::to_string(k);
  seep_label label{t_state.label, "k", number.data(), number.size()};
  t_state.label = &label;
  constexpr std::array kWays = {Allocate<0>, Allocate<1>, Allocate<2>, Allocate<3>};
  kWays[k % kWays.size()](block, k);
  t_state.label = label.outer;
  constexpr std::array kConstructors = {Construct<0>, Construct<1>, Construct<2>, Construct<3>,
                                        Construct<4>, Construct<5>, Construct<6>, Construct<7>};
  kConstructors[k % kConstructors.size()](block);
}

void Work(size_t thread) {
  std::string number = std::to_string(thread);
  seep_label label{nullptr, "thread", number.data(), number.size()};
  t_state.label = &label;
  std::mt19937_64 random(thread);
  EndLeg(0);  // a thread enters by its first leg's end
  for (;;) {
    size_t i = random() % kBlocks;
    void* block = &g_blocks[thread][i];
    std::atomic<State>& state = g_states[thread][i];
    switch (state.load()) {
      case kFree:
        state = kAllocated;
        AllocateAndConstruct(block, random() % kBusyKinds);
        break;
      case kAllocated:
        state = kHandedOver;  // before: the stamper may be faster
        if (ReleaseForFree(block)) state = kFree;
        break;
      case kHandedOver:
        break;
    }
    if (random() % 1024 == 0) SetInterval(1, recording::kIntervalApi);  // thinning raises it
  }
}

}  // namespace

void RunBusyProgram(const std::string& recording) {
  StartUp(("sample=1:output=" + recording).c_str(), FreeBlock, false);
  std::vector<std::thread> threads;
  for (size_t thread = 1; thread < kBusyThreads; ++thread) threads.emplace_back(Work, thread);
  Work(0);
  __builtin_unreachable();
}

}  // namespace seep::profiler
