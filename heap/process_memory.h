// The memory of a live process, read while it runs: process_vm_readv, which stops no thread.
#pragma once

#include "absl/status/statusor.h"
#include "heap/memory.h"

namespace seep {

class ProcessMemory final : public Memory {
 public:
  // NOT_FOUND: no such process. PERMISSION_DENIED: with the remedy for this machine.
  static absl::StatusOr<ProcessMemory> Open(uint32_t pid);

  size_t Read(Address from, std::span<uint8_t> out) const override;

  // Cost: one system call for up to 1024 pieces, and one more for each piece that is not mapped.
  void ReadMany(std::span<MemoryPiece> pieces) const override;

 private:
  explicit ProcessMemory(uint32_t pid) : pid_(static_cast<int>(pid)) {}
  int pid_;
};

}  // namespace seep
