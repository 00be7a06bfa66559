// What the program may ask of the profiler (seep/seep.h), and the library's first and last words.
#include <unistd.h>

#include <cstdlib>

#include "profiler/include/seep/seep.h"
#include "profiler/next_allocator.h"
#include "profiler/runtime.h"
#include "profiler/runtime_state.h"
#include "profiler/thread_state.h"

namespace seep::profiler {
namespace {

void LabelPush(seep_label* label) {
  label->outer = t_state.label;
  // A signal handler between the two sees the old label or the whole new one.
  __atomic_signal_fence(__ATOMIC_RELEASE);
  t_state.label = label;
}

void LabelPop(seep_label* label) { t_state.label = label->outer; }

const seep_label* LabelCurrent() { return t_state.label; }

void SetIntervalFromProgram(uint64_t bytes) {
  if (bytes == 0) return Pause();
  if (!ReadyForSamples()) return;
  SetInterval(bytes, recording::kIntervalApi);
}

void FreeNext(void* block) { g_next.free(block); }

__attribute__((constructor(101))) void Construct() {
  if (!ResolveNextAllocator()) return;
  StartUp(getenv("SEEP_OPTIONS"), FreeNext, true);
}

__attribute__((destructor(101))) void Destruct() { ShutDown(); }

}  // namespace
}  // namespace seep::profiler

extern "C" __attribute__((visibility("default"))) const seep_api seep_api_v1 = {
    1,
    seep::profiler::LabelPush,
    seep::profiler::LabelPop,
    seep::profiler::LabelCurrent,
    seep::profiler::Resume,
    seep::profiler::Pause,
    seep::profiler::SetIntervalFromProgram,
    seep::profiler::CurrentInterval,
    seep::profiler::Mark,
};
