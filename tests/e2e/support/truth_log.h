// What a program under test holds, written down by itself where no SIGKILL can reach it: in a
// shared mapping of a file.
//
// A place is filled in after its block is there and cleared before its block goes. A thread works
// on one place at a time, so wherever it is stopped, at most one place a thread differs from what
// the allocator, or the profiler, has seen.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace seep::e2e {

struct Place {
  std::atomic<uint32_t> worker;   // thread at work on it, from 1; 0: none
  uint32_t thread;                // that allocated the block, from 1
  std::atomic<uint64_t> address;  // 0: no block. Written last, cleared first
  uint64_t size;                  // bytes requested
  bool by_new;                    // else by malloc's family
};

struct TruthLog {
  static constexpr uint32_t kPlaces = 16384;

  std::atomic<uint64_t> operations;
  Place places[kPlaces];

  // Maps the file, made of zeros if it is not there yet. Aborts where that is impossible.
  static TruthLog* Map(const std::string& path);
};

struct LoggedBlock {
  uint64_t address;
  uint64_t size;
  uint64_t thread;
  auto operator<=>(const LoggedBlock&) const = default;
};

// Sorted.
std::vector<LoggedBlock> BlocksOf(const TruthLog& log);

}  // namespace seep::e2e
