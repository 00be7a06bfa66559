// The malloc family under its own names: whoever calls malloc in this process comes by here, unless
// the executable defines it itself.
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "profiler/hooks.h"

#define SEEP_EXPORT extern "C" __attribute__((visibility("default")))

using seep::profiler::ChargeToLeg;
using seep::profiler::g_next;

SEEP_EXPORT void* malloc(size_t size) { return seep::profiler::HookedMalloc(size); }

SEEP_EXPORT void free(void* block) { seep::profiler::HookedFree(block); }

// C23: the sizes are hints, and glibc's own free_sized ignores them.
SEEP_EXPORT void free_sized(void* block, size_t) { seep::profiler::HookedFree(block); }
SEEP_EXPORT void free_aligned_sized(void* block, size_t, size_t) {
  seep::profiler::HookedFree(block);
}

SEEP_EXPORT void* calloc(size_t count, size_t size) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return g_next.calloc(count, size);  // fails
  if (ChargeToLeg(bytes)) return g_next.calloc(count, size);
  return seep::profiler::CallocAtLegEnd(count, size, bytes);
}

SEEP_EXPORT void* realloc(void* block, size_t size) {
  return seep::profiler::ReallocHooked(block, size);
}

SEEP_EXPORT void* reallocarray(void* block, size_t count, size_t size) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return seep::profiler::ReallocHooked(block, bytes);
}

SEEP_EXPORT void* memalign(size_t alignment, size_t size) {
  return seep::profiler::HookedMemalign(alignment, size);
}

SEEP_EXPORT void* aligned_alloc(size_t alignment, size_t size) {
  if (ChargeToLeg(size)) return g_next.aligned_alloc(alignment, size);
  return seep::profiler::AlignedAtLegEnd(g_next.aligned_alloc, alignment, size);
}

SEEP_EXPORT int posix_memalign(void** out, size_t alignment, size_t size) {
  if (ChargeToLeg(size)) return g_next.posix_memalign(out, alignment, size);
  return seep::profiler::PosixMemalignAtLegEnd(out, alignment, size);
}

SEEP_EXPORT void* valloc(size_t size) {
  if (ChargeToLeg(size)) return g_next.valloc(size);
  return seep::profiler::PageAlignedAtLegEnd(g_next.valloc, size);
}

SEEP_EXPORT void* pvalloc(size_t size) {
  if (ChargeToLeg(size)) return g_next.pvalloc(size);
  return seep::profiler::PageAlignedAtLegEnd(g_next.pvalloc, size);
}
