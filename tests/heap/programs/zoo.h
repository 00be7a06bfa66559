// Classes of every kind that RTTI describes differently, and a way to print what is true of them.
#pragma once

#include <cstdio>
#if defined(__GXX_RTTI)
#include <typeinfo>
#endif

namespace zoo {

// Tells the compiler that somebody may look: else it drops the vtable pointers of objects that are
// never used.
inline void Escape(void* p) { asm volatile("" : : "r"(p) : "memory"); }

template <typename T>
const char* NameOf(const T& object) {
#if defined(__GXX_RTTI)
  return typeid(object).name();
#else
  (void)object;
  return "-";
#endif
}

// "object ADDRESS NAME": a whole object. It is never freed.
template <typename T>
T* Show(T* object) {
  Escape(object);
  std::printf("object %p %s\n", static_cast<void*>(object), NameOf(*object));
  return object;
}

// "inner ADDRESS NAME OFFSET": the vtable pointer of an inner base, and where it is in the object.
template <typename Base, typename T>
void ShowInner(T* object) {
  auto* inner = static_cast<Base*>(object);
  std::printf("inner %p %s %ld\n", static_cast<void*>(inner), NameOf(*object),
              reinterpret_cast<char*>(inner) - reinterpret_cast<char*>(object));
}

}  // namespace zoo
