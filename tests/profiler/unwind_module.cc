// A library that comes and goes, built several times: the same code at the same place, but for how
// much of the stack it takes.
#include "tests/profiler/unwind_path.h"

extern "C" __attribute__((visibility("default"))) void ModuleFrame(seep::profiler::Path& path) {
  char locals[UNWIND_MODULE_FRAME];
  asm volatile("" ::"r"(locals) : "memory");
  seep::profiler::Continue(path);
}
