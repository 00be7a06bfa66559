#include "heap/loaded_modules.h"

#include <algorithm>
#include <optional>

#include "heap/elf_image.h"

namespace seep {
namespace {

constexpr uint64_t kMaxModuleBytes = uint64_t{1} << 40;
// Mappings looked at for all modules together. Chromium's 300 modules have 1,500; forged headers in
// forged maps could ask for 10^12.
constexpr size_t kMaxParts = 1 << 20;

// The readable mappings inside [begin, end), cut to it. `left`: how many may be looked at.
std::vector<Segment> MappedParts(const std::vector<Mapping>& maps, AddressRange wanted,
                                 size_t* left) {
  std::vector<Segment> parts;
  auto it = std::upper_bound(maps.begin(), maps.end(), wanted.begin,
                             [](Address a, const Mapping& m) { return a < m.range.end; });
  for (; it != maps.end() && it->range.begin<wanted.end&& * left> 0; ++it) {
    --*left;
    if (!it->readable) continue;
    AddressRange range{std::max(it->range.begin, wanted.begin),
                       std::min(it->range.end, wanted.end)};
    if (range.size() > 0) parts.push_back({range, it->writable, it->executable});
  }
  return parts;
}

// `start` maps the file's first page. Each PT_LOAD says what the loader mapped, .bss included;
// other data next to it (the heap!) is not part of the module.
std::optional<LoadedModule> ModuleAt(const Memory& memory, const std::vector<Mapping>& maps,
                                     const Mapping& start, size_t* left) {
  std::vector<Elf64_Phdr> headers = ReadProgramHeaders(memory, start.range.begin);
  auto is_load = [](const Elf64_Phdr& h) { return h.p_type == PT_LOAD && h.p_memsz > 0; };
  auto first = std::find_if(headers.begin(), headers.end(), is_load);
  if (first == headers.end()) return std::nullopt;

  LoadedModule found;
  found.module.path = start.path;
  found.module.load_bias = start.range.begin.value() - (first->p_vaddr - first->p_offset);
  found.module.range.begin = start.range.begin;
  bool has_code = false;
  for (const Elf64_Phdr& header : headers) {
    if (!is_load(header)) continue;
    Address begin(found.module.load_bias + header.p_vaddr);
    AddressRange range{begin, begin + header.p_memsz};
    if (begin < start.range.begin || range.size() != header.p_memsz ||
        range.end - start.range.begin > kMaxModuleBytes) {
      return std::nullopt;
    }
    found.module.range.end = std::max(found.module.range.end, range.end);
    for (const Segment& part : MappedParts(maps, range, left)) {
      has_code |= part.executable;
      found.segments.push_back(part);
    }
  }
  if (!has_code) return std::nullopt;
  found.module.build_id = ReadElfBuildId(memory, found.module.load_bias, headers);
  return found;
}

}  // namespace

std::vector<LoadedModule> FindModules(const Memory& memory, const std::vector<Mapping>& maps) {
  std::vector<LoadedModule> modules;
  size_t left = kMaxParts;
  for (const Mapping& mapping : maps) {
    if (!mapping.has_file() || mapping.file_offset != 0 || !mapping.readable) continue;
    std::optional<LoadedModule> module = ModuleAt(memory, maps, mapping, &left);
    if (module.has_value()) modules.push_back(*std::move(module));
  }
  return modules;
}

}  // namespace seep
