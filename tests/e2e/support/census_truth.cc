#include "tests/e2e/support/census_truth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace seep::e2e {
namespace {

// Does a block of `blocks` reach into [begin, end)?
template <typename Map, typename BytesOf>
bool Overlaps(const Map& blocks, uint64_t begin, uint64_t end, BytesOf bytes_of) {
  auto after = blocks.lower_bound(end);
  if (after == blocks.begin()) return false;
  auto last = std::prev(after);
  return last->first + std::max<uint64_t>(bytes_of(last->second), 1) > begin;
}

}  // namespace

uint64_t CensusTruth::CountOf(const std::string& class_name) const {
  return static_cast<uint64_t>(std::count_if(live.begin(), live.end(), [&](const auto& block) {
    return block.second.class_name == class_name;
  }));
}

CensusTruth ReadCensusTruth(const std::string& path) {
  CensusTruth truth;
  std::map<uint64_t, uint64_t> freed;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string state, class_name;
    uint64_t address = 0, bytes = 0;
    words >> state >> std::hex >> address >> std::dec >> bytes >> std::ws;
    std::getline(words, class_name);
    if (state == "live") {
      truth.live[address] = {bytes, class_name};
    } else {
      freed[address] = bytes;
    }
  }
  EXPECT_GT(truth.live.size(), 1000u) << path;
  for (const auto& [address, bytes] : freed) {
    auto requested = [](const CensusTruth::LiveBlock& block) { return block.bytes; };
    if (!Overlaps(truth.live, address, address + bytes, requested)) truth.freed[address] = bytes;
  }
  return truth;
}

void WalkedBlocks::Add(const BlockRun& run) {
  for (uint64_t i = 0; i < run.count; ++i) {
    bool live = run.live.empty() || (run.live[i / 64] >> (i % 64) & 1) != 0;
    if (!live) continue;
    bool inserted = blocks_.emplace((run.start + i * run.stride).value(), run.usable).second;
    EXPECT_TRUE(inserted) << "twice: " << std::hex << (run.start + i * run.stride).value();
  }
}

CensusErrors WalkedBlocks::Compare(const CensusTruth& truth) const {
  CensusErrors errors;
  for (const auto& [address, block] : truth.live) {
    auto walked = blocks_.find(address);
    if (walked == blocks_.end()) {
      ++errors.missed;
      continue;
    }
    ++errors.found;
    errors.too_small += walked->second < block.bytes;
  }
  for (const auto& [address, usable] : blocks_) errors.extra += !truth.live.contains(address);
  auto usable = [](uint64_t bytes) { return bytes; };
  for (const auto& [address, bytes] : truth.freed) {
    // The libraries may have taken the place again, but not for all of them: a few at most.
    errors.freed_counted +=
        Overlaps(blocks_, address, address + std::max<uint64_t>(bytes, 1), usable);
  }
  return errors;
}

}  // namespace seep::e2e
