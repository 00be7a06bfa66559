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

// Documentation/admin-guide/mm/pagemap.rst: 64 bits a page.
constexpr uint64_t kPresent = uint64_t{1} << 63;
constexpr uint64_t kSwapped = uint64_t{1} << 62;

// What the kernel looks at in one go (PAGEMAP_WALK_SIZE of fs/proc/task_mmu.c: 2 MiB).
constexpr size_t kWalk = 512;

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

size_t PageMap::States(Address from, std::span<PageState> out) const {
  std::array<uint64_t, kWalk> entries;
  uint64_t first = from.value() / page_size_;
  size_t known = 0;
  while (known < out.size()) {
    size_t wanted = std::min(entries.size(), out.size() - known);
    ssize_t n = pread(fd_.get(), entries.data(), wanted * sizeof(uint64_t),
                      static_cast<off_t>((first + known) * sizeof(uint64_t)));
    if (n < static_cast<ssize_t>(sizeof(uint64_t))) break;
    size_t count = static_cast<size_t>(n) / sizeof(uint64_t);
    for (size_t i = 0; i < count; ++i) {
      out[known + i] = (entries[i] & kPresent)   ? PageState::kPresent
                       : (entries[i] & kSwapped) ? PageState::kSwapped
                                                 : PageState::kAbsent;
    }
    known += count;
  }
  return known;
}

bool PageMap::IsAlive() const {
  PageState first;
  return States(Address(0), {&first, 1}) == 1;
}

uint64_t PageMap::PresentBytes(AddressRange range) const {
  std::array<uint64_t, 1024> entries;
  uint64_t present = 0;
  uint64_t end = range.end.value() / page_size_;
  for (uint64_t page = range.begin.value() / page_size_; page < end;) {
    size_t wanted = std::min<uint64_t>(entries.size(), end - page) * sizeof(uint64_t);
    ssize_t n =
        pread(fd_.get(), entries.data(), wanted, static_cast<off_t>(page * sizeof(uint64_t)));
    if (n < static_cast<ssize_t>(sizeof(uint64_t))) break;
    size_t count = static_cast<size_t>(n) / sizeof(uint64_t);
    for (size_t i = 0; i < count; ++i) present += (entries[i] & kPresent) ? page_size_ : 0;
    page += count;
  }
  return present;
}

}  // namespace seep
