// Which module is at an address now, and which record of the recording it is. A module is
// recognised by its place and build-id, so another one loaded later at the same place gets a record
// of its own and old stacks keep their meaning.
//
// Lock-free where glibc has _dl_find_object (2.35); before, dl_iterate_phdr and its lock, which the
// loader holds only while it changes its list.
#pragma once

#include <cstddef>
#include <cstdint>

#include "snapshot/recording_format.h"

namespace seep::profiler {

struct ModuleView {
  uint32_t id = 0;  // record in the recording; 0: the table is full
  uintptr_t start = 0, end = 0;
  uintptr_t bias = 0;
  const uint8_t* eh_frame_hdr = nullptr;  // null: has none
};

// Once, at start-up: remembers what is loaded ("initial" modules are never unloaded).
void ScanInitialModules();

// The module holding `address`; id 0 and an empty range: none.
ModuleView FindModule(uintptr_t address);

// Asks the loader once a module, not once an address. Lives on the stack, for one walk.
class ModuleCache {
 public:
  // Null: no module holds it.
  const ModuleView* Find(uintptr_t address);

 private:
  static constexpr uint32_t kSize = 6;
  ModuleView views_[kSize];
  uint32_t used_ = 0;
};

// True if [address, address + length) lies in one readable segment of an initial module, so that it
// may be read at any time.
bool IsInitialMemory(uintptr_t address, size_t length);
// Likewise, executable.
bool IsInitialCode(uintptr_t address);

// Build-id of the main program; returns its length.
uint32_t MainBuildId(uint8_t* out, uint32_t capacity);

// Rises whenever another module appears at a place that was taken: what was cached by address is
// stale then.
uint32_t ModuleGeneration();

void MirrorAllModules();

}  // namespace seep::profiler
