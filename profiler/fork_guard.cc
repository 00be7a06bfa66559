#include "profiler/fork_guard.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdint>

#include "profiler/thread_state.h"

namespace seep::profiler {
namespace {

enum : uint32_t { kForked = 0, kAlive = 1, kEntering = 2 };
constinit std::atomic<uint32_t>* g_page{};

}  // namespace

bool ArmForkGuard() {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return false;
  if (madvise(page, 4096, MADV_WIPEONFORK) != 0) return false;
  g_page = static_cast<std::atomic<uint32_t>*>(page);
  g_page->store(kAlive);
  return true;
}

bool PassForkGuard(void (*enter_child)()) {
  uint32_t state = g_page->load(std::memory_order_acquire);
  if (__builtin_expect(state == kAlive, true)) return true;
  // Not under the feet of what a signal handler interrupted in this very thread.
  if (t_state.busy > 0) return false;
  uint32_t forked = kForked;
  if (g_page->compare_exchange_strong(forked, kEntering)) {
    ScopedBusy busy(t_state);
    enter_child();
    g_page->store(kAlive, std::memory_order_release);
    return true;
  }
  while (g_page->load(std::memory_order_acquire) != kAlive) __builtin_ia32_pause();
  return true;
}

}  // namespace seep::profiler
