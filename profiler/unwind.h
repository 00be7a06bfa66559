// Call stacks from inside malloc: a walk along .eh_frame, without locks, allocation, system calls
// or libraries. About 10 ns a frame once the rules are cached.
//
// Why not libunwind or libgcc, which do the same: preloading libunwind moves the program's
// exceptions onto it (a throw from 2.7 to 36 µs), its cache takes 280 KiB a thread and its memory
// checks keep a pipe open; libgcc's walk takes 8 µs, and a lock before glibc 2.35. Why not frame
// pointers: Debian's libraries have none, and a chain through them skips frames without a sign.
//
// Safe to the degree that throwing an exception is: a frame is followed only if its code has unwind
// information, and every step must go up the stack.
#pragma once

#include <cstdint>

#include "profiler/stack_store.h"

namespace seep::profiler {

struct Registers {
  uintptr_t pc;  // a return address
  uintptr_t rsp;
  uintptr_t rbp;
};

// The caller of the function that this stands in. That function must keep a frame pointer (our
// sources are compiled so).
#define SEEP_CALLER_REGISTERS()                                       \
  ::seep::profiler::Registers {                                       \
    reinterpret_cast<uintptr_t>(__builtin_return_address(0)),         \
        reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) + 16, \
        *static_cast<const uintptr_t*>(__builtin_frame_address(0))    \
  }

// Once, at start-up, by the main thread, after ScanInitialModules. Where these sources are
// libseep.so, frames of that module at the top of a stack are left out.
void PrepareUnwind(bool skip_own_frames);

void WalkStack(const Registers& start, Walk* walk);

}  // namespace seep::profiler
