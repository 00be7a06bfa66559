// operator new and delete, mapped onto the hooked malloc and free, so that a new is drawn once and
// its caller is the first frame. When memory runs out the next operator new takes over: it runs the
// new_handler and throws, which we cannot (libseep.so needs libc alone).
#include <cstdlib>
#include <new>

#include "profiler/hooks.h"
#include "profiler/symbol_lookup.h"

#define SEEP_EXPORT __attribute__((visibility("default")))

using seep::profiler::HookedFree;
using seep::profiler::HookedMalloc;
using seep::profiler::HookedMemalign;

namespace {

template <typename Function>
Function Next(const char* mangled) {
  return reinterpret_cast<Function>(seep::profiler::FindSymbol(mangled, &seep::profiler::g_next));
}

__attribute__((noinline, cold)) void* OutOfMemory(size_t size) {
  auto next = Next<void* (*)(size_t)>("_Znwm");
  if (next == nullptr) abort();
  return next(size);
}

__attribute__((noinline, cold)) void* OutOfMemory(size_t size, std::align_val_t alignment) {
  auto next = Next<void* (*)(size_t, std::align_val_t)>("_ZnwmSt11align_val_t");
  if (next == nullptr) abort();
  return next(size, alignment);
}

__attribute__((noinline, cold)) void* OutOfMemory(size_t size, const std::nothrow_t& tag) {
  auto next = Next<void* (*)(size_t, const std::nothrow_t&)>("_ZnwmRKSt9nothrow_t");
  return next == nullptr ? nullptr : next(size, tag);
}

inline void* New(size_t size) {
  void* block = HookedMalloc(size);
  return __builtin_expect(block != nullptr, true) ? block : OutOfMemory(size);
}

inline void* New(size_t size, std::align_val_t alignment) {
  void* block = HookedMemalign(static_cast<size_t>(alignment), size);
  return __builtin_expect(block != nullptr, true) ? block : OutOfMemory(size, alignment);
}

inline void* New(size_t size, const std::nothrow_t& tag) {
  void* block = HookedMalloc(size);
  return __builtin_expect(block != nullptr, true) ? block : OutOfMemory(size, tag);
}

}  // namespace

SEEP_EXPORT void* operator new(size_t size) { return New(size); }
SEEP_EXPORT void* operator new[](size_t size) { return New(size); }
SEEP_EXPORT void* operator new(size_t size, const std::nothrow_t& tag) noexcept {
  return New(size, tag);
}
SEEP_EXPORT void* operator new[](size_t size, const std::nothrow_t& tag) noexcept {
  return New(size, tag);
}
SEEP_EXPORT void* operator new(size_t size, std::align_val_t alignment) {
  return New(size, alignment);
}
SEEP_EXPORT void* operator new[](size_t size, std::align_val_t alignment) {
  return New(size, alignment);
}
SEEP_EXPORT void* operator new(size_t size, std::align_val_t alignment,
                               const std::nothrow_t&) noexcept {
  return HookedMemalign(static_cast<size_t>(alignment), size);
}
SEEP_EXPORT void* operator new[](size_t size, std::align_val_t alignment,
                                 const std::nothrow_t&) noexcept {
  return HookedMemalign(static_cast<size_t>(alignment), size);
}

SEEP_EXPORT void operator delete(void* block) noexcept { HookedFree(block); }
SEEP_EXPORT void operator delete[](void* block) noexcept { HookedFree(block); }
SEEP_EXPORT void operator delete(void* block, const std::nothrow_t&) noexcept { HookedFree(block); }
SEEP_EXPORT void operator delete[](void* block, const std::nothrow_t&) noexcept {
  HookedFree(block);
}
SEEP_EXPORT void operator delete(void* block, size_t) noexcept { HookedFree(block); }
SEEP_EXPORT void operator delete[](void* block, size_t) noexcept { HookedFree(block); }
SEEP_EXPORT void operator delete(void* block, std::align_val_t) noexcept { HookedFree(block); }
SEEP_EXPORT void operator delete[](void* block, std::align_val_t) noexcept { HookedFree(block); }
SEEP_EXPORT void operator delete(void* block, size_t, std::align_val_t) noexcept {
  HookedFree(block);
}
SEEP_EXPORT void operator delete[](void* block, size_t, std::align_val_t) noexcept {
  HookedFree(block);
}
SEEP_EXPORT void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept {
  HookedFree(block);
}
SEEP_EXPORT void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept {
  HookedFree(block);
}
