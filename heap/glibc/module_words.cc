#include "heap/glibc/module_words.h"

#include <algorithm>
#include <vector>

namespace seep::glibc {

void ForEachWritablePart(const Memory& memory, const LoadedModule& module,
                         absl::FunctionRef<void(Address, std::span<const uint64_t>)> visit) {
  for (const Segment& segment : module.segments) {
    if (!segment.writable) continue;
    Address begin((segment.range.begin.value() + 7) & ~uint64_t{7});
    AddressRange range{begin, segment.range.end};
    std::vector<uint64_t> words(std::min(range.size(), kMaxPartBytes) / 8);
    size_t read = memory.Read(begin, {reinterpret_cast<uint8_t*>(words.data()), words.size() * 8});
    words.resize(read / 8);
    visit(begin, words);
  }
}

}  // namespace seep::glibc
