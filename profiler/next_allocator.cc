#include "profiler/next_allocator.h"

#include <cerrno>

#include "profiler/publish.h"
#include "profiler/symbol_lookup.h"

namespace seep::profiler {
namespace {

// What stands in for a function that the next allocator does not have.
void* NoMemory() {
  errno = ENOMEM;
  return nullptr;
}
void* NoMalloc(size_t) { return NoMemory(); }
void* NoCalloc(size_t, size_t) { return NoMemory(); }
void* NoRealloc(void*, size_t) { return NoMemory(); }
void NoFree(void*) {}
int NoPosixMemalign(void**, size_t, size_t) { return ENOMEM; }
size_t NoUsableSize(void*) { return 0; }

void* FirstMalloc(size_t n) {
  ResolveNextAllocator();
  return g_next.malloc(n);
}
void FirstFree(void* p) {
  ResolveNextAllocator();
  g_next.free(p);
}
void* FirstCalloc(size_t n, size_t m) {
  ResolveNextAllocator();
  return g_next.calloc(n, m);
}
void* FirstRealloc(void* p, size_t n) {
  ResolveNextAllocator();
  return g_next.realloc(p, n);
}
void* FirstMemalign(size_t a, size_t n) {
  ResolveNextAllocator();
  return g_next.memalign(a, n);
}
int FirstPosixMemalign(void** p, size_t a, size_t n) {
  ResolveNextAllocator();
  return g_next.posix_memalign(p, a, n);
}
void* FirstAlignedAlloc(size_t a, size_t n) {
  ResolveNextAllocator();
  return g_next.aligned_alloc(a, n);
}
void* FirstValloc(size_t n) {
  ResolveNextAllocator();
  return g_next.valloc(n);
}
void* FirstPvalloc(size_t n) {
  ResolveNextAllocator();
  return g_next.pvalloc(n);
}
size_t FirstUsableSize(void* p) {
  ResolveNextAllocator();
  return g_next.usable_size(p);
}

template <typename Function>
Function Find(const char* name, Function stand_in) {
  void* found = FindSymbol(name, &g_next);
  return found != nullptr ? reinterpret_cast<Function>(found) : stand_in;
}

}  // namespace

NextAllocator g_next = {FirstMalloc,   FirstFree,          FirstCalloc,       FirstRealloc,
                        FirstMemalign, FirstPosixMemalign, FirstAlignedAlloc, FirstValloc,
                        FirstPvalloc,  FirstUsableSize};

bool ResolveNextAllocator() {
  NextAllocator next;
  next.malloc = Find("malloc", NoMalloc);
  next.free = Find("free", NoFree);
  next.calloc = Find("calloc", NoCalloc);
  next.realloc = Find("realloc", NoRealloc);
  next.memalign = Find("memalign", NoCalloc);
  next.posix_memalign = Find("posix_memalign", NoPosixMemalign);
  next.aligned_alloc = Find("aligned_alloc", NoCalloc);
  next.valloc = Find("valloc", NoMalloc);
  next.pvalloc = Find("pvalloc", NoMalloc);
  next.usable_size = Find("malloc_usable_size", NoUsableSize);
  g_next = next;
  if (next.malloc != NoMalloc) return true;
  SetStatus(recording::Status::kNoAllocator);
  return false;
}

}  // namespace seep::profiler
