// The files that a live process has mapped, for the pages of them that are not in its page table.
//
// What such a page holds is what the file holds, exactly: a page of a private mapping that was
// written once (.data; .data.rel.ro, which the loader relocates before it protects it) is a copy in
// the process's own memory from then on, present or swapped, until madvise(MADV_DONTNEED) drops
// it, and then the file shows again.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/unique_fd.h"
#include "heap/proc_maps.h"

namespace seep {

class BackingFiles {
 public:
  // `may_swap_in`: shared memory (tmpfs) is read, too, though it may have to come back from swap,
  // at the cost of the target's cgroup.
  BackingFiles(uint32_t pid, bool may_swap_in);

  // As many leading bytes of `out` as the file behind `mapping` has for `from`, which lies in it; 0
  // where the file cannot be had. Files on network file systems are never opened. Thread-safe.
  // Cost: one system call, and a few more for the first read of a file.
  size_t Read(const Mapping& mapping, Address from, std::span<uint8_t> out) const;

 private:
  // By device, inode and path. nullptr: tried, and not to be had.
  using File = std::shared_ptr<const UniqueFd>;

  File FileOf(const Mapping& mapping) const;
  File Open(const Mapping& mapping) const;

  uint32_t pid_;
  bool may_swap_in_;
  absl::flat_hash_set<uint64_t> network_devices_;
  mutable std::mutex mutex_;  // of files_
  mutable absl::flat_hash_map<std::string, File> files_;
};

}  // namespace seep
