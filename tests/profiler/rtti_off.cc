// Compiled with -fno-rtti.
#include <cstdint>
#include <cstring>

namespace seep::profiler::zoo {

uintptr_t VptrWithoutRtti();

namespace {
struct Nameless {
  virtual ~Nameless() = default;
};
}  // namespace

uintptr_t VptrWithoutRtti() {
  Nameless object;
  asm volatile("" ::"r"(&object) : "memory");
  uintptr_t vptr;
  memcpy(&vptr, static_cast<void*>(&object), sizeof(vptr));
  return vptr;
}

}  // namespace seep::profiler::zoo
