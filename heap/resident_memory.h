// The memory of a live process, read without changing it: its VmRSS, VmPTE and VmSwap stay as they
// are. Reading a page that is not in its page table would put it there, in the target's name:
//
//   page table says   private, no file   private, of a file   shared, of a file   shared memory
//   present           from the process   from the process     from the process    from the process
//   absent            untouched          from the file        from the file       untouched
//   swapped           swapped            swapped              (not known)         (not known)
//
// Untouched and swapped pages are not there for Read: they are not zero either, since "zero" would
// be a statement about what the program has stored. With `read_swapped` they are read, except
// untouched private ones; then the target's figures change.
//
// Never read: [vvar], [vsyscall], devices, and what else no program keeps its data in.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "heap/backing_files.h"
#include "heap/memory.h"
#include "heap/page_map.h"
#include "heap/proc_maps.h"
#include "heap/process_memory.h"
#include "heap/recent_pages.h"

namespace seep {

// Pages by where their contents are.
struct PageCounts {
  uint64_t present = 0;
  uint64_t from_file = 0;
  uint64_t untouched = 0;  // or shared memory that this process has not touched
  uint64_t swapped = 0;
  uint64_t forbidden = 0;   // devices and the like; without pagemap, all that is shared
  uint64_t unreadable = 0;  // PROT_NONE, the file gone, or unmapped since
};

class ResidentMemory final : public Memory {
 public:
  // `pages` none: it may not be read. Then all that is private is read, untouched or not. `maps`:
  // as ReadMaps returns them; what was mapped since is read where it is present.
  ResidentMemory(uint32_t pid, const ProcessMemory& process, std::optional<PageMap> pages,
                 std::vector<Mapping> maps, bool read_swapped);

  // Cost beside the bytes: a system call for each run of present pages, one for a MiB of page
  // states.
  size_t Read(Address from, std::span<uint8_t> out) const override;

  // Cost: a system call for up to 1024 pieces that are present, and up to one each for page states.
  void ReadMany(std::span<MemoryPiece> pieces) const override;

  // What reads have met so far: pages read, and the first page that ended a read. A page that was
  // met twice counts twice.
  PageCounts met() const;

  // All pages of `range`. Cost: a system call for 2 MiB. Nothing without pagemap.
  PageCounts Count(AddressRange range) const;

  // nullptr: it may not be read.
  const PageMap* pages() const { return pages_.has_value() ? &*pages_ : nullptr; }

 private:
  enum Source { kProcess, kFile, kUntouched, kSwapped, kForbidden, kUnreadable, kSources };

  // Bytes in a row that come from one source.
  struct Run {
    Source source;
    const Mapping* mapping;  // may be null
    size_t bytes;
  };

  Run RunAt(Address from, size_t size) const;
  Source SourceOf(PageState state, const Mapping* mapping) const;
  size_t ReadRun(const Run& run, Address from, std::span<uint8_t> out) const;
  void Met(Source source, Address from, size_t bytes) const;

  ProcessMemory process_;
  std::optional<PageMap> pages_;
  std::optional<RecentPages> recent_;
  std::vector<Mapping> maps_;
  BackingFiles files_;
  bool read_swapped_;
  uint64_t page_size_;
  mutable std::array<std::atomic<uint64_t>, kSources> met_ = {};
};

}  // namespace seep
