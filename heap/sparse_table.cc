#include "heap/sparse_table.h"

#include <algorithm>
#include <vector>

namespace seep {
namespace {

constexpr uint64_t kWord = 8;
constexpr uint64_t kPage = 4096;
constexpr uint64_t kFirstWords = 512;       // most tables that are not one show it soon
constexpr uint64_t kChunkWords = 32 << 10;  // 256 KiB

}  // namespace

void VisitTable(const Memory& memory, AddressRange table,
                absl::FunctionRef<bool(Address, std::span<const uint64_t>)> visit) {
  std::vector<uint64_t> words;
  Address at = table.begin;
  uint64_t chunk = kFirstWords;
  while (at + kWord <= table.end) {
    size_t wanted = std::min(chunk, (table.end - at) / kWord);
    if (words.size() < wanted) words.resize(wanted);
    chunk = std::min(chunk * 2, kChunkWords);
    std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(words.data()), wanted * kWord);
    size_t read = memory.Read(at, bytes) / kWord;
    if (read > 0 && !visit(at, std::span(words).first(read))) return;
    at = at + read * kWord;
    if (read < wanted) at = Address((at.value() / kPage + 1) * kPage);
  }
}

}  // namespace seep
