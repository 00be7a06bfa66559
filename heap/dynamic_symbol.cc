#include "heap/dynamic_symbol.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "heap/elf_image.h"

namespace seep {
namespace {

constexpr uint64_t kMaxTable = 256 << 20;  // bytes: Chromium's are 20 MiB

template <typename T>
std::vector<T> ReadArray(const Memory& memory, Address from, uint64_t bytes) {
  std::vector<T> array(std::min(bytes, kMaxTable) / sizeof(T));
  std::span<uint8_t> out(reinterpret_cast<uint8_t*>(array.data()), array.size() * sizeof(T));
  array.resize(memory.Read(from, out) / sizeof(T));
  return array;
}

struct DynamicTables {
  uint64_t symbols = 0, strings = 0, strings_size = 0;  // runtime addresses; bytes
};

// The loader of a shared library has turned the section's addresses into runtime ones; nobody does
// so for a static one.
DynamicTables ReadTables(const Memory& memory, const Module& module, const Elf64_Phdr& dynamic) {
  DynamicTables tables;
  auto runtime = [&](uint64_t address) {
    return address < module.load_bias ? address + module.load_bias : address;
  };
  Address at(module.load_bias + dynamic.p_vaddr);
  for (const Elf64_Dyn& entry : ReadArray<Elf64_Dyn>(memory, at, dynamic.p_memsz)) {
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_SYMTAB) tables.symbols = runtime(entry.d_un.d_ptr);
    if (entry.d_tag == DT_STRTAB) tables.strings = runtime(entry.d_un.d_ptr);
    if (entry.d_tag == DT_STRSZ) tables.strings_size = entry.d_un.d_val;
  }
  return tables;
}

}  // namespace

// No field says how long the symbol table is; every linker puts the string table behind it.
std::optional<Address> FindDynamicSymbol(const Memory& memory, const Module& module,
                                         std::string_view name) {
  for (const Elf64_Phdr& header : ReadProgramHeaders(memory, module.range.begin)) {
    if (header.p_type != PT_DYNAMIC) continue;
    DynamicTables tables = ReadTables(memory, module, header);
    if (tables.strings <= tables.symbols) return std::nullopt;
    auto strings = ReadArray<char>(memory, Address(tables.strings), tables.strings_size);
    auto symbols =
        ReadArray<Elf64_Sym>(memory, Address(tables.symbols), tables.strings - tables.symbols);
    for (const Elf64_Sym& symbol : symbols) {
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= strings.size()) continue;
      size_t room = strings.size() - symbol.st_name;
      bool same = name.size() < room &&
                  std::memcmp(&strings[symbol.st_name], name.data(), name.size()) == 0 &&
                  strings[symbol.st_name + name.size()] == '\0';
      if (same) return Address(module.load_bias + symbol.st_value);
    }
  }
  return std::nullopt;
}

}  // namespace seep
