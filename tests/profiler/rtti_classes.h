// Classes of every kind that typeinfos tell apart, and their vptrs.
#pragma once

#include <cstdint>
#include <cstring>
#include <typeinfo>

namespace seep::profiler::zoo {

struct Animal {
  virtual ~Animal() = default;
};
struct Winged {
  virtual ~Winged() = default;
  long span = 1;
};
struct Dog : Animal {};
struct Bat : Animal, Winged {};
struct Sphinx : virtual Animal {
  long riddle = 1;
};
template <int>
struct Part {
  virtual ~Part() = default;
};
struct Chimera : Part<0>, Part<1>, Part<2>, Part<3>, Part<4>, Part<5>, Part<6>, Part<7> {};

// The vptr at byte `offset` of an object.
inline uintptr_t VptrOf(const void* object, size_t offset = 0) {
  asm volatile("" ::"r"(object) : "memory");  // the compiler shall store it
  uintptr_t vptr;
  memcpy(&vptr, static_cast<const char*>(object) + offset, sizeof(vptr));
  return vptr;
}

// Of an object whose class was compiled without RTTI (rtti_off.cc).
uintptr_t VptrWithoutRtti();

// A typeinfo made by hand: of a class with these bases, all at offset 0.
template <uint32_t kBases>
struct HandmadeTypeinfo {
  uintptr_t kind;  // the vptr that real typeinfos of classes with several bases have
  const char* name;
  uint32_t flags, count;
  struct {
    const void* typeinfo;
    long offset_flags;
  } bases[kBases];
};
inline uintptr_t KindOfSeveralBases() { return VptrOf(&typeid(Bat)); }

}  // namespace seep::profiler::zoo
