#include "symbolizer/symbol_index.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

namespace seep {
namespace {

constexpr size_t kMaxName = size_t{64} << 10;
constexpr std::string_view kVtablePrefix = "_ZTV";

int Rank(const GElf_Sym& symbol, std::string_view name) {
  int binding = GELF_ST_BIND(symbol.st_info);
  int rank = binding == STB_LOCAL ? 0 : binding == STB_WEAK ? 10 : 20;
  size_t underscores = std::min(name.find_first_not_of('_'), size_t{3});
  return rank - static_cast<int>(underscores);
}

uint64_t SectionEnd(const ElfFile& file, const GElf_Sym& symbol) {
  GElf_Shdr header;
  Elf_Scn* section = elf_getscn(file.handle(), symbol.st_shndx);
  if (section == nullptr || gelf_getshdr(section, &header) == nullptr) return symbol.st_value;
  return header.sh_addr + header.sh_size;
}

}  // namespace

SymbolIndex::SymbolIndex(const ElfFile& file) {
  std::vector<FunctionSymbol> functions;
  for (const ElfFile::Section& section : file.sections()) {
    bool is_table = section.header.sh_type == SHT_SYMTAB || section.header.sh_type == SHT_DYNSYM;
    if (is_table) ReadTable(file, section, &functions);
  }
  AddFunctions(std::move(functions));
  vtables_.Sort();
}

void SymbolIndex::ReadTable(const ElfFile& file, const ElfFile::Section& table,
                            std::vector<FunctionSymbol>* functions) {
  Elf_Data* data = elf_getdata(table.handle, nullptr);
  if (data == nullptr) return;
  GElf_Sym symbol;
  for (int i = 1; gelf_getsym(data, i, &symbol) != nullptr; ++i) {
    int type = GELF_ST_TYPE(symbol.st_info);
    bool is_function = type == STT_FUNC || type == STT_GNU_IFUNC;
    if (symbol.st_shndx == SHN_UNDEF || (!is_function && type != STT_OBJECT)) continue;
    const char* name = elf_strptr(file.handle(), table.header.sh_link, symbol.st_name);
    if (name == nullptr || *name == '\0') continue;
    std::string_view text(name, strnlen(name, kMaxName));
    if (is_function) {
      functions->push_back(
          {symbol.st_value, symbol.st_size, SectionEnd(file, symbol), Rank(symbol, text), name});
    } else if (text.starts_with(kVtablePrefix)) {
      vtables_.Add(symbol.st_value, symbol.st_value + symbol.st_size, name);
    }
  }
}

void SymbolIndex::AddFunctions(std::vector<FunctionSymbol> functions) {
  std::stable_sort(functions.begin(), functions.end(),
                   [](const FunctionSymbol& a, const FunctionSymbol& b) {
                     return a.begin != b.begin ? a.begin < b.begin : a.rank < b.rank;
                   });
  uint64_t next = UINT64_MAX;  // where the following function begins
  for (size_t i = functions.size(); i-- > 0;) {
    FunctionSymbol& function = functions[i];
    bool alias = i + 1 < functions.size() && functions[i + 1].begin == function.begin;
    if (i + 1 < functions.size() && !alias) next = functions[i + 1].begin;
    if (function.size == 0) function.size = std::min(next, function.section_end) - function.begin;
  }
  for (const FunctionSymbol& function : functions) {
    functions_.Add(function.begin, function.begin + function.size, function.name);
  }
  functions_.Sort();
}

std::optional<std::string_view> SymbolIndex::Function(uint64_t address) const {
  const char* const* name = functions_.Find(address);
  if (name == nullptr) return std::nullopt;
  return std::string_view(*name, strnlen(*name, kMaxName));
}

std::optional<std::string_view> SymbolIndex::VtableClass(uint64_t address) const {
  const char* const* name = vtables_.Find(address);
  if (name == nullptr) return std::nullopt;
  return std::string_view(*name, strnlen(*name, kMaxName)).substr(kVtablePrefix.size());
}

}  // namespace seep
