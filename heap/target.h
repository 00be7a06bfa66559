// What is looked at from outside: memory, and what is known about what lies where in it.
#pragma once

#include <vector>

#include "heap/loaded_modules.h"
#include "heap/memory.h"
#include "heap/proc_maps.h"
#include "heap/target_thread.h"

namespace seep {

struct Target {
  const Memory* memory = nullptr;          // must outlive the target
  std::vector<Mapping> maps = {};          // rising
  std::vector<LoadedModule> modules = {};  // rising
  std::vector<TargetThread> threads = {};  // the main thread first
};

}  // namespace seep
