// What the program census_truth says of itself, and how a walk compares with it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "heap/allocator_walker.h"

namespace seep::e2e {

struct CensusTruth {
  struct LiveBlock {
    uint64_t bytes = 0;      // requested
    std::string class_name;  // "-": no object
  };
  std::map<uint64_t, LiveBlock> live;  // by address
  std::map<uint64_t, uint64_t> freed;  // address → bytes; no live block overlaps it

  uint64_t CountOf(const std::string& class_name) const;
};

// Fails the test where the file is none.
CensusTruth ReadCensusTruth(const std::string& path);

struct CensusErrors {
  uint64_t found = 0;          // live blocks of the truth that the walk has, too
  uint64_t missed = 0;         // that it has not
  uint64_t too_small = 0;      // has, with less room than was asked for
  uint64_t freed_counted = 0;  // freed places that it calls live
  uint64_t extra = 0;          // blocks not in the truth: of the libraries, and freed_counted
};

// Collects what a walk hands out, to be compared at the end.
class WalkedBlocks {
 public:
  void Add(const BlockRun& run);
  RunSink sink() { return sink_; }

  CensusErrors Compare(const CensusTruth& truth) const;
  const std::map<uint64_t, uint64_t>& blocks() const { return blocks_; }  // address → usable

 private:
  std::map<uint64_t, uint64_t> blocks_;
  std::function<void(const BlockRun&)> sink_ = [this](const BlockRun& run) { Add(run); };
};

}  // namespace seep::e2e
