// Classes that stamps have seen, with their bases, named from RTTI while the process lives.
// Lock-free.
//
// Only vtables of initial modules are read: a module that dlclose may take away under us is left to
// readers outside. What is read is checked to lie in a readable segment of such a module, at each
// of the three steps vptr → typeinfo → its own typeinfo and name; garbage that looks like a vptr
// ends as "no class".
#pragma once

#include <cstdint>

namespace seep::profiler {

// The class whose vtable's address point `vptr` is; 0: it is none. `word` may be anything.
uint32_t InternClassOfVptr(uintptr_t word);

void MirrorAllClasses();

}  // namespace seep::profiler
