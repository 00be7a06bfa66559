// The moment when the recording comes into being, under ThreadSanitizer: one thread makes the file
// and copies into it all that private memory holds, while three others go on sampling under labels
// that were never seen before.
//
//   race_creation ROUNDS DIRECTORY
//
// Each round is a process of its own. Exit code 0: no race was reported, and every sample in every
// file has the label that it was born under.
#include <sys/wait.h>
#include <unistd.h>

#include <barrier>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "profiler/include/seep/seep.h"
#include "profiler/mirror.h"
#include "profiler/runtime.h"
#include "profiler/thread_state.h"
#include "profiler/unwind.h"

namespace seep::profiler {
namespace {

constexpr int kThreads = 4;
constexpr int kBlocks = 400;  // of each thread

struct alignas(64) Block {
  char bytes[64];
};
Block g_blocks[kThreads * kBlocks];

std::string LabelOf(size_t block) {
  return "label of block " + std::to_string(block) + std::string(block % 200, '.');
}

__attribute__((noinline)) void Sample(size_t block) {
  std::string value = LabelOf(block);
  seep_label label{nullptr, "block", value.data(), value.size()};
  t_state.label = &label;
  EndLeg(sizeof(Block));
  RecordAllocation(&g_blocks[block], sizeof(Block), 50, SEEP_CALLER_REGISTERS(), true, 0);
  t_state.label = nullptr;
}

std::string_view MirroredText(recording::StringRef ref) {
  return {MirrorRecord<char>(recording::kStrings, ref.offset), ref.length};
}

int WrongLabels() {
  int wrong = 0, samples = 0;
  for (uint32_t i = 0; i < kSlotCapacity; ++i) {
    const auto* slot = MirrorRecord<recording::LiveSlot>(recording::kSlots, i);
    if (slot->address == 0) continue;
    ++samples;
    size_t block = (slot->address - reinterpret_cast<uintptr_t>(g_blocks)) / sizeof(Block);
    const auto* label = MirrorRecord<recording::LabelRecord>(recording::kLabels, slot->label);
    wrong += label->ready != 1 || MirroredText(label->value) != LabelOf(block);
  }
  return wrong + (samples != kThreads * kBlocks);
}

int Round(const char* directory) {
  std::string options = std::string("sample=1:output=") + directory;
  StartUp(
      options.c_str(), [](void*) {}, false);
  std::barrier start(kThreads);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      for (size_t i = 0; i < kBlocks; ++i) Sample(t * kBlocks + i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return WrongLabels();
}

}  // namespace
}  // namespace seep::profiler

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  int bad = 0;
  for (int round = atoi(argv[1]); round > 0; --round) {
    pid_t child = fork();
    if (child == 0) {
      int wrong = seep::profiler::Round(argv[2]);
      if (wrong != 0) printf("%d samples are without their label\n", wrong);
      exit(wrong != 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    bad += status != 0;
  }
  printf("%d bad rounds\n", bad);
  return bad == 0 ? 0 : 1;
}
