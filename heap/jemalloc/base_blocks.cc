#include "heap/jemalloc/base_blocks.h"

#include <algorithm>

#include "heap/writable_memory.h"

namespace seep::jemalloc {
namespace {

constexpr uint64_t kUnit = 2 << 20;
constexpr size_t kMaxUnits = 1 << 16;  // 128 GiB of metadata

Address UnitOf(Address address) { return Address(address.value() & ~(kUnit - 1)); }

std::set<Address> UnitsInUse(const std::vector<Mapping>& maps, const Rtree& tree) {
  std::set<Address> units;
  auto add = [&](Address begin, Address end) {
    for (Address unit = UnitOf(begin); unit < end && units.size() < kMaxUnits;
         unit = unit + kUnit) {
      units.insert(unit);
    }
  };
  Address latest;
  tree.ForEachPlace([&](const Rtree::Place& place) {
    Address unit = UnitOf(place.entry.edata);
    if (unit == latest) return;
    latest = unit;
    if (FindMapping(maps, place.entry.edata) != nullptr) add(unit, unit + 1);
  });
  for (const AddressRange& leaf : tree.Leaves()) add(leaf.begin, leaf.end);
  return units;
}

}  // namespace

std::vector<AddressRange> FindBaseBlocks(const Memory& memory, const std::vector<Mapping>& maps,
                                         const Rtree& tree) {
  std::set<Address> units = UnitsInUse(maps, tree);
  std::vector<AddressRange> blocks;
  std::set<Address> seen;
  for (Address unit : units) {
    // The chain of its arena's blocks, if a block begins here; else the unit by itself.
    for (Address block = unit; blocks.size() < kMaxUnits && seen.insert(block).second;) {
      uint64_t size = ReadWord(memory, block).value_or(0);
      Address next(ReadWord(memory, block + kWord).value_or(0));
      bool is_block = size > 0 && size % kUnit == 0 && IsWritable(maps, {block, block + size}) &&
                      next.value() % kUnit == 0;
      blocks.push_back({block, block + (is_block ? size : kUnit)});
      if (!is_block || next.is_null() || !IsWritable(maps, {next, next + kUnit})) break;
      block = next;
    }
  }
  std::sort(blocks.begin(), blocks.end());
  std::vector<AddressRange> merged;
  for (const AddressRange& block : blocks) {
    if (!merged.empty() && block.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, block.end);
    } else {
      merged.push_back(block);
    }
  }
  return merged;
}

}  // namespace seep::jemalloc
