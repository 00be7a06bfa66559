// The ELF files that a live process has loaded, seen through its memory alone: a binary that was
// deleted or replaced on disk, or lies in another container, is described as it runs.
#pragma once

#include <string_view>
#include <vector>

#include "heap/memory.h"
#include "heap/proc_maps.h"
#include "snapshot/module.h"

namespace seep {

// A part of a module as it is mapped now: .data.rel.ro is not writable once the loader is done.
struct Segment {
  AddressRange range;
  bool writable = false;
  bool executable = false;
};

struct LoadedModule {
  Module module;
  std::vector<Segment> segments;  // readable ones, rising
};

// By address. A file that is mapped as data only (no code of it executable) is no module.
// `maps` as ReadMaps returns them.
std::vector<LoadedModule> FindModules(const Memory& memory, const std::vector<Mapping>& maps);

}  // namespace seep
