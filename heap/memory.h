// The one seam through which foreign memory is read: a live process, later a core, a fake in tests.
// Everything above it sees addresses and bytes, and does not know where they come from.
//
// To add a source: implement Read, and ReadMany where many small reads can share one system call.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/address.h"

namespace seep {

// One of many reads: as many leading bytes of `out` as are there; `read` says how many.
struct MemoryPiece {
  Address from;
  std::span<uint8_t> out;
  size_t read = 0;
};

class Memory {
 public:
  virtual ~Memory() = default;

  // Fills `out` from its start and returns the bytes read: fewer than asked, down to 0, where
  // memory is not mapped, not readable, not saved, or where the process is gone. Thread-safe.
  virtual size_t Read(Address from, std::span<uint8_t> out) const = 0;

  // The same for many places, each by itself.
  virtual void ReadMany(std::span<MemoryPiece> pieces) const {
    for (MemoryPiece& piece : pieces) piece.read = Read(piece.from, piece.out);
  }
};

// Eight bytes, or nothing.
std::optional<uint64_t> ReadWord(const Memory& memory, Address from);

// Up to the null byte, which must come within `limit` characters; or nothing.
std::optional<std::string> ReadCString(const Memory& memory, Address from, size_t limit);

}  // namespace seep
