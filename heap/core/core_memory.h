// The memory of a process that has ended: what its core saved, and what its binaries still have.
//
//   saved                                                  from the core
//   left out, of a file, in a core that saves private      from the file: a page that had been
//   anonymous memory (bit 0 of coredump_filter)            written would be anonymous, and saved
//   left out otherwise, or lost with the end of the core   from the file, but only what nobody
//                                                          writes: no PF_W segment, no rw- mapping
//   all else                                               absent, which is not zero
//
// .data.rel.ro is why "may not be written now" is not enough: the loader has written its pointers,
// and the file has zeros there; a vtable read from it would seem to have no typeinfo.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "heap/core/core_file.h"
#include "heap/core/module_files.h"
#include "heap/memory.h"
#include "heap/proc_maps.h"
#include "snapshot/snapshot.h"

namespace seep {

class CoreMemory final : public Memory {
 public:
  // All must outlive this; `maps` as RebuildMaps returns them.
  CoreMemory(const CoreFile& core, const std::vector<Mapping>& maps, const ModuleFiles& files);

  // Cost: a system call for each piece of a segment.
  size_t Read(Address from, std::span<uint8_t> out) const override;

  // What reads have met so far: guessed pages, reads that ended where nothing was saved, and files
  // that were missing.
  std::vector<Dropped> dropped() const;

  uint64_t verified_pages() const { return verified_pages_.load(std::memory_order_relaxed); }

 private:
  size_t ReadFromFile(Address from, std::span<uint8_t> out) const;
  // It was saved, but the file ends before it.
  bool IsLost(Address from) const;
  bool MayHaveBeenWritten(const Mapping& mapping, Address from,
                          const ModuleFiles::File& file) const;

  const CoreFile& core_;
  const std::vector<Mapping>& maps_;
  const ModuleFiles& files_;
  bool saves_anonymous_;
  mutable std::atomic<uint64_t> verified_pages_ = 0;
  mutable std::atomic<uint64_t> guessed_pages_ = 0;
  mutable std::atomic<uint64_t> not_saved_ = 0;
  mutable std::atomic<uint64_t> lost_ = 0;
};

}  // namespace seep
