// A library that comes and goes. Built twice; each keeps blocks under a label of its own name,
// which outlives it.
#include <cstdlib>

#include "profiler/include/seep/seep.h"

extern "C" __attribute__((visibility("default"), noinline)) void* Allocate(const char* label) {
  seep::ScopedLabel scope("by", label);
  char* block = static_cast<char*>(malloc(PLUGIN_BLOCK));
  block[0] = 'p';  // so that this is no tail call
  return block;
}
