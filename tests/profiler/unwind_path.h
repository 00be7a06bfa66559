// Stacks of known make: each function on a path notes where it returns to and calls the next; the
// last one looks back, with our walk and with libunwind's.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "profiler/stack_store.h"

namespace seep::profiler {

struct Path;
using PathFunction = void (*)(Path&);

struct Path {
  static constexpr uint32_t kLongest = 256;

  explicit Path(std::initializer_list<PathFunction> steps) {
    for (PathFunction step : steps) Add(step);
  }
  void Add(PathFunction function) { functions[length++] = function; }
  // An address as frames are stored: the one after a call, or an interrupted position + 1.
  void Note(uintptr_t address) { noted[note_count++] = address; }

  PathFunction functions[kLongest] = {};
  uint32_t length = 0, next = 0;
  uintptr_t noted[kLongest] = {};  // outermost first
  uint32_t note_count = 0;

  // What LookBack saw, leaf first.
  Walk walk;
  std::vector<recording::Position> truth;
  std::vector<recording::Position> libunwind;
};

// The body of every function on a path. Has to be inlined: it takes its caller's return address.
__attribute__((always_inline)) inline void Continue(Path& path) {
  path.Note(reinterpret_cast<uintptr_t>(__builtin_return_address(0)));
  path.functions[path.next++](path);
  asm volatile("" ::: "memory");  // so that it was no tail call
}

// The end of a path.
void LookBack(Path& path);

// Walks a path to its end and back.
inline void Go(Path& path) {
  path.Add(LookBack);
  path.functions[path.next++](path);
  asm volatile("" ::: "memory");
}

// Modules, main stack: what the runtime does once at start-up.
void PrepareWalks();

recording::Position PositionOfReturn(uintptr_t address);

// That our walk saw what libunwind saw, frame by frame, to the same end, and met all that the
// functions noted.
void ExpectWholeWalk(const Path& path);
// That the noted frames, leaf first, are in the walk in this order.
void ExpectNotedFrames(const Path& path);

}  // namespace seep::profiler
