#include "heap/core/core_maps.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/strip.h"
#include "heap/elf_image.h"

namespace seep {
namespace {

constexpr Address kVsyscall(0xffffffffff600000);

Mapping MappingOf(AddressRange range, const CoreSegment* segment, const MappedFilePart* file) {
  Mapping mapping;
  mapping.range = range;
  mapping.readable = segment == nullptr || segment->readable;
  mapping.writable = segment != nullptr && segment->writable;
  mapping.executable = segment != nullptr && segment->executable;
  if (file != nullptr) {
    mapping.file_offset = file->file_offset + (range.begin - file->range.begin);
    absl::string_view path = file->path;
    mapping.deleted = absl::ConsumeSuffix(&path, " (deleted)");
    mapping.path = std::string(path);
  }
  return mapping;
}

// Calls `visit` for each piece of either list in order, cut where the other begins or ends.
template <typename Visit>
void Sweep(std::span<const CoreSegment> segments, std::span<const MappedFilePart> files,
           Visit visit) {
  Address at;
  while (!segments.empty() || !files.empty()) {
    const CoreSegment* segment = segments.empty() ? nullptr : &segments.front();
    const MappedFilePart* file = files.empty() ? nullptr : &files.front();
    Address begin = segment == nullptr ? file->range.begin
                    : file == nullptr  ? segment->range.begin
                                       : std::min(segment->range.begin, file->range.begin);
    begin = std::max(begin, at);
    bool in_segment = segment != nullptr && segment->range.begin <= begin;
    bool in_file = file != nullptr && file->range.begin <= begin;
    Address end(~uint64_t{0});
    if (segment != nullptr)
      end = std::min(end, in_segment ? segment->range.end : segment->range.begin);
    if (file != nullptr) end = std::min(end, in_file ? file->range.end : file->range.begin);
    visit(AddressRange{begin, end}, in_segment ? segment : nullptr, in_file ? file : nullptr);
    if (segment != nullptr && segment->range.end <= end) segments = segments.subspan(1);
    if (file != nullptr && file->range.end <= end) files = files.subspan(1);
    at = end;
  }
}

// gdb writes no segment for memory without access. A small gap below writable memory is such: the
// guard page of a thread's stack.
std::vector<Mapping> WithGuards(std::vector<Mapping> maps) {
  constexpr uint64_t kLargestGuard = 64 << 10;
  std::vector<Mapping> with;
  for (Mapping& mapping : maps) {
    Address end = with.empty() ? mapping.range.begin : with.back().range.end;
    uint64_t gap = mapping.range.begin - end;
    if (gap > 0 && gap <= kLargestGuard && mapping.writable && !mapping.has_file()) {
      with.emplace_back().range = {end, mapping.range.begin};
    }
    with.push_back(std::move(mapping));
  }
  return with;
}

void NameAt(std::vector<Mapping>& maps, Address address, const char* name) {
  const Mapping* found = FindMapping(maps, address);
  if (found == nullptr || found->has_file()) return;
  maps[static_cast<size_t>(found - maps.data())].path = name;
}

// Of the module that maps[start] begins.
void MarkCodeOf(const CoreFile& core, const Memory& memory, std::vector<Mapping>& maps,
                size_t start) {
  std::vector<Elf64_Phdr> headers = ReadProgramHeaders(memory, maps[start].range.begin);
  auto is_load = [](const Elf64_Phdr& h) { return h.p_type == PT_LOAD && h.p_memsz > 0; };
  auto first = std::ranges::find_if(headers, is_load);
  if (first == headers.end()) return;
  uint64_t bias = maps[start].range.begin.value() - (first->p_vaddr - first->p_offset);
  for (size_t i = start; i < maps.size() && maps[i].path == maps[start].path; ++i) {
    if (i > start && maps[i].file_offset == 0) break;  // another load of it
    if (core.FindSegment(maps[i].range.begin) != nullptr) continue;
    uint64_t begin = maps[i].range.begin.value() - bias;
    maps[i].executable = std::ranges::any_of(headers, [&](const Elf64_Phdr& h) {
      return is_load(h) && (h.p_flags & PF_X) != 0 && h.p_vaddr < begin + maps[i].range.size() &&
             begin < h.p_vaddr + h.p_memsz;
    });
  }
}

}  // namespace

std::vector<Mapping> RebuildMaps(const CoreFile& core, const CoreProcess& process) {
  std::vector<Mapping> maps;
  Sweep(core.segments(), process.files,
        [&maps](AddressRange range, const CoreSegment* segment, const MappedFilePart* file) {
          maps.push_back(MappingOf(range, segment, file));
        });
  maps = WithGuards(std::move(maps));
  if (process.random_bytes.has_value()) NameAt(maps, *process.random_bytes, "[stack]");
  if (process.vdso.has_value()) NameAt(maps, *process.vdso, "[vdso]");
  NameAt(maps, kVsyscall, "[vsyscall]");
  return maps;
}

void MarkCode(const CoreFile& core, const Memory& memory, std::vector<Mapping>& maps) {
  for (size_t i = 0; i < maps.size(); ++i) {
    if (maps[i].has_file() && maps[i].file_offset == 0) MarkCodeOf(core, memory, maps, i);
  }
}

}  // namespace seep
