#include "heap/loaded_modules.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace seep {
namespace {

constexpr size_t kMaxProgramHeaders = 256;
constexpr uint64_t kMaxNoteBytes = 64 << 10;
constexpr uint32_t kMaxBuildIdBytes = 64;
constexpr uint64_t kMaxModuleBytes = uint64_t{1} << 40;

template <typename T>
bool ReadStruct(const Memory& memory, Address from, T* out) {
  return memory.Read(from, {reinterpret_cast<uint8_t*>(out), sizeof(T)}) == sizeof(T);
}

std::vector<Elf64_Phdr> ReadProgramHeaders(const Memory& memory, Address start) {
  Elf64_Ehdr header;
  if (!ReadStruct(memory, start, &header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      (header.e_type != ET_EXEC && header.e_type != ET_DYN) ||
      header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > kMaxProgramHeaders) {
    return {};
  }
  std::vector<Elf64_Phdr> headers(header.e_phnum);
  std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(headers.data()),
                           headers.size() * sizeof(Elf64_Phdr));
  if (memory.Read(start + header.e_phoff, bytes) != bytes.size()) return {};
  return headers;
}

uint64_t RoundUp4(uint64_t n) { return (n + 3) & ~uint64_t{3}; }

// A note segment is a list of {name size, descriptor size, type, name, descriptor}, each padded to
// 4 bytes (gABI, "Note Section").
std::span<const uint8_t> BuildIdInNotes(std::span<const uint8_t> notes) {
  Elf64_Nhdr note;
  while (notes.size() >= sizeof(note)) {
    std::memcpy(&note, notes.data(), sizeof(note));
    uint64_t name_end = sizeof(note) + RoundUp4(note.n_namesz);
    uint64_t end = name_end + RoundUp4(note.n_descsz);
    if (end > notes.size()) break;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_descsz <= kMaxBuildIdBytes &&
        note.n_namesz == sizeof(ELF_NOTE_GNU) &&
        std::memcmp(notes.data() + sizeof(note), ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) == 0) {
      return notes.subspan(name_end, note.n_descsz);
    }
    notes = notes.subspan(end);
  }
  return {};
}

std::vector<uint8_t> ReadBuildId(const Memory& memory, uint64_t bias,
                                 const std::vector<Elf64_Phdr>& headers) {
  for (const Elf64_Phdr& header : headers) {
    if (header.p_type != PT_NOTE) continue;
    std::vector<uint8_t> notes(std::min(header.p_filesz, kMaxNoteBytes));
    notes.resize(memory.Read(Address(bias + header.p_vaddr), notes));
    std::span<const uint8_t> id = BuildIdInNotes(notes);
    if (!id.empty()) return {id.begin(), id.end()};
  }
  return {};
}

// The readable mappings inside [begin, end), cut to it.
std::vector<Segment> MappedParts(const std::vector<Mapping>& maps, AddressRange wanted) {
  std::vector<Segment> parts;
  auto it = std::upper_bound(maps.begin(), maps.end(), wanted.begin,
                             [](Address a, const Mapping& m) { return a < m.range.end; });
  for (; it != maps.end() && it->range.begin < wanted.end; ++it) {
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
                                     const Mapping& start) {
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
    for (const Segment& part : MappedParts(maps, range)) {
      has_code |= part.executable;
      found.segments.push_back(part);
    }
  }
  if (!has_code) return std::nullopt;
  found.module.build_id = ReadBuildId(memory, found.module.load_bias, headers);
  return found;
}

}  // namespace

std::vector<LoadedModule> FindModules(const Memory& memory, const std::vector<Mapping>& maps) {
  std::vector<LoadedModule> modules;
  for (const Mapping& mapping : maps) {
    if (!mapping.has_file() || mapping.file_offset != 0 || !mapping.readable) continue;
    std::optional<LoadedModule> module = ModuleAt(memory, maps, mapping);
    if (module.has_value()) modules.push_back(*std::move(module));
  }
  return modules;
}

}  // namespace seep
