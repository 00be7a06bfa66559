// Real libraries, damaged at random. Whatever comes of it, it must be an answer.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "symbolizer/debug_types.h"
#include "symbolizer/elf_file.h"
#include "symbolizer/symbolizer.h"
#include "tests/symbolizer/elf_workshop.h"

namespace seep {
namespace {

constexpr unsigned kVariants = 1000;

class Damage {
 public:
  explicit Damage(const std::string& path) : whole_(ReadBytes(path)) {
    auto file = ElfFile::Open(path);
    for (const ElfFile::Section& section : file->sections()) {
      bool stored = section.header.sh_type != SHT_NOBITS && section.header.sh_size > 0;
      bool read = section.name.starts_with(".debug") || section.name.starts_with(".note") ||
                  section.header.sh_type == SHT_SYMTAB || section.header.sh_type == SHT_DYNSYM ||
                  section.header.sh_type == SHT_STRTAB;
      if (stored && read) parts_.emplace_back(section.header.sh_offset, section.header.sh_size);
      if (section.name == ".text") text_ = section.header;
    }
    GElf_Ehdr header;
    gelf_getehdr(file->handle(), &header);
    section_headers_ = header.e_shoff;
  }

  // All over the code, and beyond any.
  std::vector<CodeLocation> Addresses() const {
    std::vector<CodeLocation> code = {{ModuleId(0), 0}, {ModuleId(0), ~uint64_t{0}}};
    for (uint64_t at = 0; at < text_.sh_size; at += 11) {
      code.push_back({ModuleId(0), text_.sh_addr + at});
    }
    return code;
  }

  std::string Variant(unsigned seed) const {
    std::mt19937 random(seed);
    std::string bytes = whole_;
    auto below = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
    // Where lengths, forms and counts stand, these values do most harm.
    constexpr unsigned char kBad[] = {0, 1, 2, 0x7f, 0x80, 0xfe, 0xff, 0x10, 0x40};
    auto spoil = [&](size_t begin, size_t size, size_t times) {
      for (size_t n = 1 + below(times); n > 0; --n) {
        unsigned char value =
            below(2) != 0 ? kBad[below(sizeof(kBad))] : static_cast<unsigned char>(below(256));
        bytes[begin + below(size)] = static_cast<char>(value);
      }
    };
    switch (seed % 8) {
      case 0:
        bytes.resize(below(bytes.size()));
        break;
      case 1:
        spoil(0, bytes.size(), 64);
        break;
      case 2:
        spoil(0, 1024, 4);
        break;  // ELF header, program headers
      case 3:
        spoil(section_headers_, bytes.size() - section_headers_, 4);
        break;
      default: {
        auto [begin, size] = parts_[below(parts_.size())];
        spoil(begin, size, seed % 8 < 6 ? 4 : 64);
      }
    }
    return bytes;
  }

 private:
  std::string whole_;
  std::vector<std::pair<size_t, size_t>> parts_;
  GElf_Shdr text_ = {};
  size_t section_headers_ = 0;
};

// Named from end to end. What is not must say why.
bool IsComplete(const Symbol& symbol) {
  for (const Frame& frame : symbol.frames) {
    if (frame.function.empty()) return false;
  }
  return !symbol.frames.empty();
}

class HostileElf : public ::testing::TestWithParam<const char*> {};

TEST_P(HostileElf, DamagedFilesAreAnswered) {
  TemporaryDirectory directory;
  Damage damage(FixturePath(GetParam()));
  std::vector<CodeLocation> code = damage.Addresses();
  ClassRequest vtable{"", {ModuleId(0), 0x3d00}};
  Module module = ModuleOf(FixturePath(GetParam()));
  module.path = directory.path("app.so");
  size_t named = 0;
  auto start = std::chrono::steady_clock::now();
  for (unsigned seed = 0; seed < kVariants; ++seed) {
    SCOPED_TRACE(seed);
    WriteBytes(module.path, damage.Variant(seed));
    SymbolTable table = Symbolizer().Symbolize({&module, 1}, code, {&vtable, 1});
    ASSERT_EQ(table.code.size(), code.size());
    for (const auto& [location, symbol] : table.code) {
      bool complete = IsComplete(symbol);
      ASSERT_EQ(complete, symbol.missing.empty()) << location.offset;
      named += complete;
    }
  }
  // Most damage is outside of what an address needs: a test that names nothing tests nothing.
  EXPECT_GT(named, code.size() * kVariants / 4);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(120));
}

// Every type, node and variable of a damaged file is asked for.
TEST(HostileTypes, DamagedFilesAreAnswered) {
  constexpr unsigned kTypeVariants = 300;
  TemporaryDirectory directory;
  Damage damage(FixturePath("types5"));
  const std::string path = directory.path("app.so");
  size_t found = 0;
  auto start = std::chrono::steady_clock::now();
  for (unsigned seed = 0; seed < kTypeVariants; ++seed) {
    SCOPED_TRACE(seed);
    WriteBytes(path, damage.Variant(seed));
    auto file = ElfFile::Open(path);
    if (!file.ok()) continue;
    auto types = DebugTypes::Open(*file, Deadline(std::chrono::seconds(10)));
    if (!types.ok()) continue;
    TypeId service = (*types)->Find("order::Service");
    found += !service.is_none();
    std::vector<TypeId> queue;
    if (!service.is_none()) queue.push_back(service);
    for (NodeKind kind : {NodeKind::kHash, NodeKind::kTree, NodeKind::kList}) {
      for (TypeId node : (*types)->Nodes(kind)) queue.push_back(node);
    }
    for (size_t i = 0; i < queue.size() && i < 1000; ++i) {
      (*types)->NameOf(queue[i]);
      for (const TypeLayout::Pointer& pointer : (*types)->LayoutOf(queue[i]).pointers) {
        if (!pointer.pointee.is_none()) queue.push_back(pointer.pointee);
      }
    }
    for (uint64_t address = 0; address < 0x8000; address += 8) (*types)->VariableAt(address);
  }
  EXPECT_GT(found, kTypeVariants / 4);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

INSTANTIATE_TEST_SUITE_P(Dwarf, HostileElf,
                         ::testing::Values("dwarf4", "dwarf5", "type_units", "compressed"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace seep
