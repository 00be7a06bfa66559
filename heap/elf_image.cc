#include "heap/elf_image.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace seep {
namespace {

constexpr size_t kMaxProgramHeaders = 256;
constexpr uint64_t kMaxNoteBytes = 64 << 10;
constexpr uint32_t kMaxBuildIdBytes = 64;

template <typename T>
bool ReadStruct(const Memory& memory, Address from, T* out) {
  return memory.Read(from, {reinterpret_cast<uint8_t*>(out), sizeof(T)}) == sizeof(T);
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

}  // namespace

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

std::vector<uint8_t> ReadElfBuildId(const Memory& memory, uint64_t bias,
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

}  // namespace seep
