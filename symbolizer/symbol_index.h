// What the ELF symbol tables know of an address, for programs without debug information.
//
// .symtab has every function, and strip removes it; .dynsym has what the dynamic linker needs, the
// exported functions of a library and of a program hardly any, and stays.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "symbolizer/elf_file.h"
#include "symbolizer/range_index.h"

namespace seep {

// Reads .symtab and .dynsym once, about 0.15 µs a symbol. `file` must outlive it. Names are
// hostile, mangled, and cut at 64 KiB. Addresses are ELF virtual addresses.
class SymbolIndex {
 public:
  explicit SymbolIndex(const ElfFile& file);

  // The function that covers `address`. Of aliases the most public name: malloc and not
  // __libc_malloc, global before weak before local.
  std::optional<std::string_view> Function(uint64_t address) const;

  // The class whose vtables cover `address`, as RTTI would hold it ("N6common7ClosureE"): for
  // classes built with -fno-rtti. Objects point behind offset-to-top and the RTTI pointer, at
  // _ZTV… + 16, or further with virtual bases; any address within the symbol will do.
  std::optional<std::string_view> VtableClass(uint64_t address) const;

 private:
  struct FunctionSymbol {
    uint64_t begin;
    uint64_t size;         // 0: assembly that does not say
    uint64_t section_end;  // of the section it lies in
    int rank;              // of aliases the highest is shown
    const char* name;
  };

  void ReadTable(const ElfFile& file, const ElfFile::Section& table,
                 std::vector<FunctionSymbol>* functions);
  void AddFunctions(std::vector<FunctionSymbol> functions);

  RangeIndex<const char*> functions_;
  RangeIndex<const char*> vtables_;
};

}  // namespace seep
