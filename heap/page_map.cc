#include "heap/page_map.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"

namespace seep {
namespace {

// Documentation/admin-guide/mm/pagemap.rst: 64 bits a page, bit 63 is "present".
constexpr uint64_t kPresent = uint64_t{1} << 63;

}  // namespace

PageMap::PageMap(UniqueFd fd)
    : fd_(std::move(fd)), page_size_(static_cast<uint64_t>(sysconf(_SC_PAGESIZE))) {}

absl::StatusOr<PageMap> PageMap::Open(uint32_t pid) {
  std::string path = absl::StrCat("/proc/", pid, "/pagemap");
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return FileError(path, "cannot open", errno);
  return PageMap(std::move(fd));
}

bool PageMap::IsPresent(Address from, uint64_t size) const {
  uint64_t first = from.value() / page_size_;
  uint64_t last = (from.value() + std::max<uint64_t>(size, 1) - 1) / page_size_;
  return PresentBytes({Address(first * page_size_), Address((last + 1) * page_size_)}) ==
         (last + 1 - first) * page_size_;
}

void PageMap::ReadPresent(Address from, std::span<bool> present) const {
  std::array<uint64_t, 1024> entries;
  uint64_t first = from.value() / page_size_;
  for (size_t done = 0; done < present.size();) {
    size_t wanted = std::min(entries.size(), present.size() - done);
    ssize_t n = pread(fd_.get(), entries.data(), wanted * sizeof(uint64_t),
                      static_cast<off_t>((first + done) * sizeof(uint64_t)));
    size_t count = n < 0 ? 0 : static_cast<size_t>(n) / sizeof(uint64_t);
    for (size_t i = 0; i < count; ++i) present[done + i] = (entries[i] & kPresent) != 0;
    if (count == 0) {
      std::fill(present.begin() + static_cast<ptrdiff_t>(done), present.end(), false);
      return;
    }
    done += count;
  }
}

uint64_t PageMap::PresentBytes(AddressRange range) const {
  std::array<bool, 1024> present;
  uint64_t bytes = 0;
  uint64_t end = range.end.value() / page_size_;
  for (uint64_t page = range.begin.value() / page_size_; page < end;) {
    size_t count = std::min<uint64_t>(present.size(), end - page);
    ReadPresent(Address(page * page_size_), std::span(present).first(count));
    bytes += static_cast<uint64_t>(std::count(
                 present.begin(), present.begin() + static_cast<ptrdiff_t>(count), true)) *
             page_size_;
    page += count;
  }
  return bytes;
}

}  // namespace seep
