#include "heap/resident_memory.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace seep {
namespace {

// The most that is looked at in one step; RecentPages knows a MiB at a time.
constexpr size_t kStepPages = 256;

// Nodes of /dev are devices, except these; an unnamed inode ("anon_inode:[io_uring]",
// "/dmabuf:…") belongs to a driver. The kernel itself refuses to read VM_IO and VM_PFNMAP.
bool IsSpecial(const Mapping& mapping) {
  std::string_view path = mapping.path;
  if (path.starts_with("[vvar") || path == "[vsyscall]") return true;
  if (path.starts_with("anon_inode:") || path.starts_with("/dmabuf")) return true;
  constexpr std::string_view kMemory[] = {"/dev/shm/", "/dev/zero", "/dev/hugepages/"};
  return path.starts_with("/dev/") && std::ranges::none_of(kMemory, [path](std::string_view name) {
           return path.starts_with(name);
         });
}

// Pages of the kernel's own file system in memory, which may be in swap without a page table saying
// so. (Another path may lead to tmpfs, too; BackingFiles finds that out.)
bool IsSharedMemory(const Mapping& mapping) {
  constexpr std::string_view kNames[] = {"/memfd:", "/SYSV", "/dev/shm/", "/dev/zero",
                                         "/anon_hugepage"};
  return mapping.shared && std::ranges::any_of(kNames, [&mapping](std::string_view name) {
           return mapping.path.starts_with(name);
         });
}

}  // namespace

ResidentMemory::ResidentMemory(uint32_t pid, const ProcessMemory& process,
                               std::optional<PageMap> pages, std::vector<Mapping> maps,
                               bool read_swapped)
    : process_(process),
      pages_(std::move(pages)),
      maps_(std::move(maps)),
      files_(pid, read_swapped),
      read_swapped_(read_swapped),
      page_size_(static_cast<uint64_t>(sysconf(_SC_PAGESIZE))) {
  if (pages_.has_value()) recent_.emplace(*pages_);
}

ResidentMemory::Source ResidentMemory::SourceOf(PageState state, const Mapping* mapping) const {
  if (mapping != nullptr && IsSpecial(*mapping)) return kForbidden;
  if (!pages_.has_value()) {
    return mapping != nullptr && !mapping->shared ? kProcess : kForbidden;
  }
  if (state == PageState::kPresent) return kProcess;
  if (state == PageState::kSwapped) return read_swapped_ ? kProcess : kSwapped;
  if (mapping == nullptr || !mapping->readable) return kUnreadable;
  if (!mapping->has_file() || (IsSharedMemory(*mapping) && !read_swapped_)) return kUntouched;
  return kFile;
}

ResidentMemory::Run ResidentMemory::RunAt(Address from, size_t size) const {
  const Mapping* mapping = FindMapping(maps_, from);
  if (mapping != nullptr) size = std::min<uint64_t>(size, mapping->range.end - from);
  if (mapping != nullptr && IsSpecial(*mapping)) return {kForbidden, mapping, size};
  uint64_t into_page = from.value() % page_size_;
  std::array<PageState, kStepPages> states;
  size_t count = std::min<uint64_t>((into_page + size + page_size_ - 1) / page_size_, kStepPages);
  states.fill(PageState::kAbsent);
  if (recent_.has_value()) {
    count = recent_->States(from, std::span(states).first(count));
    if (count == 0) return {kUnreadable, mapping, 0};
  }
  size_t same = 1;
  while (same < count && states[same] == states[0]) ++same;
  size_t bytes = std::min<uint64_t>(size, same * page_size_ - into_page);
  return {SourceOf(states[0], mapping), mapping, bytes};
}

size_t ResidentMemory::ReadRun(const Run& run, Address from, std::span<uint8_t> out) const {
  switch (run.source) {
    case kProcess:
      return process_.Read(from, out);
    case kFile:
      return files_.Read(*run.mapping, from, out);
    default:
      return 0;
  }
}

size_t ResidentMemory::Read(Address from, std::span<uint8_t> out) const {
  size_t done = 0;
  while (done < out.size() && (done == 0 || (from + done).value() != 0)) {
    Address at = from + done;
    Run run = RunAt(at, out.size() - done);
    size_t n = ReadRun(run, at, out.subspan(done, run.bytes));
    done += n;
    bool readable = run.source == kProcess || run.source == kFile;
    if (n > 0) Met(run.source, at, n);
    if (n == run.bytes && n > 0) continue;
    Met(readable ? kUnreadable : run.source, at + n, 1);
    break;
  }
  return done;
}

void ResidentMemory::ReadMany(std::span<MemoryPiece> pieces) const {
  std::vector<MemoryPiece> present;
  std::vector<MemoryPiece*> owners;
  for (MemoryPiece& piece : pieces) {
    Run run = RunAt(piece.from, piece.out.size());
    if (run.source == kProcess && run.bytes == piece.out.size()) {
      present.push_back(piece);
      owners.push_back(&piece);
    } else {
      piece.read = Read(piece.from, piece.out);
    }
  }
  process_.ReadMany(present);
  for (size_t i = 0; i < present.size(); ++i) {
    owners[i]->read = present[i].read;
    bool whole = present[i].read == present[i].out.size();
    Met(whole ? kProcess : kUnreadable, present[i].from, 1);
  }
}

void ResidentMemory::Met(Source source, Address from, size_t bytes) const {
  uint64_t pages = (from.value() % page_size_ + bytes + page_size_ - 1) / page_size_;
  met_[source].fetch_add(pages, std::memory_order_relaxed);
}

PageCounts ResidentMemory::met() const {
  auto count = [this](Source source) { return met_[source].load(std::memory_order_relaxed); };
  return {count(kProcess), count(kFile),      count(kUntouched),
          count(kSwapped), count(kForbidden), count(kUnreadable)};
}

PageCounts ResidentMemory::Count(AddressRange range) const {
  std::array<uint64_t, kSources> counts = {};
  std::array<PageState, 512> states;
  for (Address at = range.begin; pages_.has_value() && at < range.end;) {
    const Mapping* mapping = FindMapping(maps_, at);
    Address end = mapping != nullptr ? std::min(range.end, mapping->range.end) : range.end;
    size_t wanted = std::min<uint64_t>((end - at + page_size_ - 1) / page_size_, states.size());
    size_t known = pages_->States(at, std::span(states).first(wanted));
    if (known == 0) break;
    for (size_t i = 0; i < known; ++i) {
      Source source = SourceOf(states[i], mapping);
      // What a page is, not whether it would be read.
      if (states[i] == PageState::kSwapped) source = kSwapped;
      ++counts[source];
    }
    at = Address(at.value() / page_size_ * page_size_) + known * page_size_;
  }
  return {counts[kProcess], counts[kFile],      counts[kUntouched],
          counts[kSwapped], counts[kForbidden], counts[kUnreadable]};
}

}  // namespace seep
