#include "heap/core/core_memory.h"

#include <algorithm>

#include "heap/file_pages.h"

namespace seep {
namespace {

constexpr uint64_t kPage = 4096;

// Stack, heap, .bss: any core that keeps such memory keeps all of it.
bool SavesAnonymous(const CoreFile& core, const std::vector<Mapping>& maps) {
  return std::ranges::any_of(core.segments(), [&](const CoreSegment& segment) {
    const Mapping* mapping = FindMapping(maps, segment.range.begin);
    return segment.saved > 0 && segment.writable && mapping != nullptr && !mapping->has_file();
  });
}

}  // namespace

CoreMemory::CoreMemory(const CoreFile& core, const std::vector<Mapping>& maps,
                       const ModuleFiles& files)
    : core_(core), maps_(maps), files_(files), saves_anonymous_(SavesAnonymous(core, maps)) {}

size_t CoreMemory::Read(Address from, std::span<uint8_t> out) const {
  size_t done = 0;
  while (done < out.size()) {
    size_t n = core_.Read(from + done, out.subspan(done));
    done += n;
    if (done == out.size()) break;
    n = ReadFromFile(from + done, out.subspan(done));
    if (n == 0) break;
    done += n;
  }
  return done;
}

// `from` was not saved, nor then is the rest of its mapping: what is saved comes first.
size_t CoreMemory::ReadFromFile(Address from, std::span<uint8_t> out) const {
  const Mapping* mapping = FindMapping(maps_, from);
  if (mapping == nullptr) return 0;
  // Guard pages and reserved addresses: nobody could write there. Readers who read ahead meet them.
  if (!mapping->readable && !mapping->has_file()) return 0;
  const ModuleFiles::File* file = files_.Find(*mapping);
  size_t n = 0;
  if (file != nullptr && file->fd.ok() && !MayHaveBeenWritten(*mapping, from, *file)) {
    uint64_t offset = mapping->file_offset + (from - mapping->range.begin);
    n = ReadFilePages(file->fd.get(), offset,
                      out.first(std::min<uint64_t>(out.size(), mapping->range.end - from)));
  }
  if (n == 0) {
    (IsLost(from) ? lost_ : not_saved_).fetch_add(1, std::memory_order_relaxed);
    return 0;
  }
  uint64_t pages = (from.value() % kPage + n + kPage - 1) / kPage;
  (file->verified ? verified_pages_ : guessed_pages_).fetch_add(pages, std::memory_order_relaxed);
  return n;
}

bool CoreMemory::IsLost(Address from) const {
  const CoreSegment* segment = core_.FindSegment(from);
  return segment != nullptr && from - segment->range.begin < segment->saved;
}

bool CoreMemory::MayHaveBeenWritten(const Mapping& mapping, Address from,
                                    const ModuleFiles::File& file) const {
  if (saves_anonymous_ && !IsLost(from)) return false;
  if (mapping.writable) return true;
  return std::ranges::any_of(file.written, [&mapping](const AddressRange& range) {
    return range.begin < mapping.range.end && mapping.range.begin < range.end;
  });
}

std::vector<Dropped> CoreMemory::dropped() const {
  std::vector<Dropped> dropped = files_.dropped();
  auto add = [&dropped](const char* what, const std::atomic<uint64_t>& count, const char* why) {
    uint64_t n = count.load(std::memory_order_relaxed);
    if (n > 0) dropped.push_back({what, n, why});
  };
  add("pages of binaries", guessed_pages_,
      "guessed: read from a file of the same name, without a build-id to check it by");
  add("reads of memory", not_saved_,
      "the core did not save it (coredump_filter), and no file has it");
  add("reads of memory", lost_, "lost: the core is cut short");
  return dropped;
}

}  // namespace seep
