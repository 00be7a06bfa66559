#include "profiler/symbol_lookup.h"

#include <elf.h>
#include <link.h>

#include <cstdint>
#include <cstring>

namespace seep::profiler {
namespace {

struct DynamicTables {
  const ElfW(Sym) * symbols = nullptr;
  const char* strings = nullptr;
  const uint32_t* gnu_hash = nullptr;
  const uint32_t* sysv_hash = nullptr;
  const uint16_t* versions = nullptr;
};

DynamicTables TablesOf(const dl_phdr_info& module) {
  DynamicTables tables;
  const ElfW(Dyn)* dynamic = nullptr;
  for (int i = 0; i < module.dlpi_phnum; ++i) {
    if (module.dlpi_phdr[i].p_type == PT_DYNAMIC) {
      dynamic = reinterpret_cast<const ElfW(Dyn)*>(module.dlpi_addr + module.dlpi_phdr[i].p_vaddr);
    }
  }
  if (dynamic == nullptr) return tables;
  for (; dynamic->d_tag != DT_NULL; ++dynamic) {
    // glibc turns these into addresses in place, except in the vDSO; musl leaves them all.
    uintptr_t value = dynamic->d_un.d_ptr;
    if (value < module.dlpi_addr) value += module.dlpi_addr;
    switch (dynamic->d_tag) {
      case DT_SYMTAB:
        tables.symbols = reinterpret_cast<const ElfW(Sym)*>(value);
        break;
      case DT_STRTAB:
        tables.strings = reinterpret_cast<const char*>(value);
        break;
      case DT_GNU_HASH:
        tables.gnu_hash = reinterpret_cast<const uint32_t*>(value);
        break;
      case DT_HASH:
        tables.sysv_hash = reinterpret_cast<const uint32_t*>(value);
        break;
      case DT_VERSYM:
        tables.versions = reinterpret_cast<const uint16_t*>(value);
        break;
      default:
        break;
    }
  }
  return tables;
}

bool Matches(const DynamicTables& tables, uint32_t index, const char* name) {
  constexpr uint16_t kHiddenVersion = 0x8000;  // an old version, kept for old programs
  const ElfW(Sym)& symbol = tables.symbols[index];
  if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) return false;
  if (tables.versions != nullptr && (tables.versions[index] & kHiddenVersion) != 0) return false;
  return strcmp(tables.strings + symbol.st_name, name) == 0;
}

uint32_t GnuHash(const char* name) {
  uint32_t hash = 5381;
  for (; *name != '\0'; ++name) hash = hash * 33 + static_cast<unsigned char>(*name);
  return hash;
}

// Index of the symbol, 0 for none. Layout: nbuckets, symoffset, bloom_size, bloom_shift,
// bloom[bloom_size] (words), buckets[nbuckets], chain[].
uint32_t FindByGnuHash(const DynamicTables& tables, const char* name) {
  const uint32_t* table = tables.gnu_hash;
  uint32_t bucket_count = table[0];
  uint32_t first_symbol = table[1];
  const uint32_t* buckets = table + 4 + table[2] * (sizeof(ElfW(Addr)) / 4);
  const uint32_t* chain = buckets + bucket_count;
  if (bucket_count == 0) return 0;
  uint32_t hash = GnuHash(name);
  for (uint32_t i = buckets[hash % bucket_count]; i >= first_symbol && i != 0; ++i) {
    uint32_t entry = chain[i - first_symbol];
    if ((entry | 1) == (hash | 1) && Matches(tables, i, name)) return i;
    if (entry & 1) break;  // end of the bucket's chain
  }
  return 0;
}

// Layout: nbuckets, nchains, buckets[], chain[]. Walked whole: only old or musl modules lack the
// GNU table, and this runs once.
uint32_t FindBySysvHash(const DynamicTables& tables, const char* name) {
  for (uint32_t i = 1; i < tables.sysv_hash[1]; ++i) {
    if (Matches(tables, i, name)) return i;
  }
  return 0;
}

void* FindIn(const dl_phdr_info& module, const char* name) {
  DynamicTables tables = TablesOf(module);
  if (tables.symbols == nullptr || tables.strings == nullptr) return nullptr;
  uint32_t index = 0;
  if (tables.gnu_hash != nullptr) {
    index = FindByGnuHash(tables, name);
  } else if (tables.sysv_hash != nullptr) {
    index = FindBySysvHash(tables, name);
  }
  if (index == 0) return nullptr;
  const ElfW(Sym)& symbol = tables.symbols[index];
  uintptr_t address = module.dlpi_addr + symbol.st_value;
  if ((symbol.st_info & 0xF) == STT_GNU_IFUNC) {
    address = reinterpret_cast<uintptr_t (*)()>(address)();
  }
  return reinterpret_cast<void*>(address);
}

bool Holds(const dl_phdr_info& module, const void* address) {
  auto a = reinterpret_cast<uintptr_t>(address);
  for (int i = 0; i < module.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = module.dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    if (a - (module.dlpi_addr + segment.p_vaddr) < segment.p_memsz) return true;
  }
  return false;
}

struct Search {
  const char* name;
  const void* after;
  bool passed;
  void* found;
};

int Visit(dl_phdr_info* module, size_t, void* data) {
  auto* search = static_cast<Search*>(data);
  if (search->passed) {
    search->found = FindIn(*module, search->name);
    return search->found != nullptr;
  }
  search->passed = Holds(*module, search->after);
  return 0;
}

}  // namespace

void* FindSymbol(const char* name, const void* after) {
  Search search{name, after, after == nullptr, nullptr};
  dl_iterate_phdr(Visit, &search);
  return search.found;
}

}  // namespace seep::profiler
