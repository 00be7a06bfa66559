#include "heap/tcmalloc/size_classes.h"

#include <bit>
#include <optional>

#include "heap/tcmalloc/data_scan.h"

namespace seep::tcmalloc {
namespace {

constexpr size_t kMaxRoom = 128;
constexpr size_t kMaxTables = 4;  // a copy, or damage
// A span holds several blocks, but wastes an eighth at most.
constexpr uint64_t kMaxSpanBytes = 16 * uint64_t{kLargestSmall};
// class_to_size_, padding, class_to_pages_, and behind it num_size_classes (since 2.11 one word
// later).
constexpr size_t kRecord = 12 * kMaxRoom + 24;

// class_to_size_: 0, 8, 16, …, 262144: rising multiples of 8. Returns their number, or 0.
uint32_t CountClasses(std::span<const uint8_t> at) {
  uint32_t last = 0;
  for (size_t i = 1; i < kMaxRoom; ++i) {
    auto bytes = Load<uint32_t>(&at[4 * i]);
    if (bytes <= last || bytes % 8 != 0) return 0;
    if (bytes == kLargestSmall) return static_cast<uint32_t>(i) + 1;
    last = bytes;
  }
  return 0;
}

// The last class fills its span, whatever the page size (SizeMap::Init: 256 KiB is a multiple of
// all of them), so that the number of its pages tells how large a page is.
bool ReadPages(Address from, std::span<const uint8_t> at, uint32_t count, uint32_t room,
               SizeClasses* classes) {
  const uint8_t* pages = &at[4 * size_t{room} + from.value() % 8];
  const uint8_t* end = pages + 8 * size_t{room};
  if (Load<uint64_t>(end) != count && Load<uint64_t>(end + 8) != count) return false;
  auto of_last = Load<uint64_t>(pages + 8 * (size_t{count} - 1));
  if (of_last == 0 || of_last > kLargestSmall >> 12 || !std::has_single_bit(of_last)) return false;
  classes->room = room;
  classes->page_shift = static_cast<uint32_t>(std::countr_zero(kLargestSmall / of_last));
  for (uint32_t i = 0; i < count; ++i) {
    classes->bytes.push_back(Load<uint32_t>(&at[4 * size_t{i}]));
    classes->pages.push_back(Load<uint64_t>(pages + 8 * size_t{i}));
    uint64_t n = classes->pages.back();
    bool fits = n <= kMaxSpanBytes >> classes->page_shift &&
                n << classes->page_shift >= classes->bytes.back();
    if (i > 0 && (n == 0 || !fits)) return false;
  }
  return true;
}

// num_objects_to_move_ lies before the sizes. It is 2 at least, and about 64 KiB at most; it can be
// set by the environment.
bool ReadBatches(const Memory& memory, Address sizes, SizeClasses* classes) {
  std::vector<uint8_t> bytes(4 * size_t{classes->room});
  if (memory.Read(sizes - bytes.size(), bytes) != bytes.size()) return false;
  for (uint32_t i = 0; i < classes->count(); ++i) {
    classes->batch.push_back(Load<uint32_t>(&bytes[4 * size_t{i}]));
    if (classes->batch.back() > ThreadLists::kLongest) return false;
  }
  return true;
}

std::optional<SizeClasses> ReadTable(const Memory& memory, Address from,
                                     std::span<const uint8_t> at) {
  uint32_t count = CountClasses(at);
  for (uint32_t room : {uint32_t{128}, uint32_t{96}}) {
    SizeClasses classes;
    if (count > 0 && count <= room && ReadPages(from, at, count, room, &classes) &&
        ReadBatches(memory, from, &classes)) {
      return classes;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<SizeClasses> FindSizeClasses(const Memory& memory, AddressRange data) {
  std::vector<SizeClasses> found;
  ScanData(memory, data, 4, kRecord, [&](Address from, std::span<const uint8_t> at) {
    if (Load<uint64_t>(&at[0]) != uint64_t{8} << 32 || Load<uint32_t>(&at[8]) != 16) return true;
    if (auto classes = ReadTable(memory, from, at)) found.push_back(*std::move(classes));
    return found.size() < kMaxTables;
  });
  return found;
}

}  // namespace seep::tcmalloc
