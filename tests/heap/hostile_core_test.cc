// Cores that are cut short, damaged or forged: no crash, no endless work, and nothing made up.
#include <elf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <random>

#include "base/file.h"
#include "heap/core/core_target.h"
#include "heap/vtable_oracle.h"
#include "tests/heap/core_maker.h"
#include "tests/heap/temporary_directory.h"

namespace seep {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

// One core by the kernel and one by gcore, where they can be had; made once.
class HostileCoreTest : public ::testing::TestWithParam<const char*> {
 protected:
  struct Original {
    std::string bytes;
    std::vector<testing::PrintedObject> objects;
    std::vector<std::optional<uint64_t>> words;  // the first of each object
  };

  static std::optional<Original> MakeOriginal(const std::string& by) {
    testing::TemporaryDirectory directory;
    auto made =
        by == "kernel"
            ? testing::MakeKernelCore(directory.path(), PROGRAMS "objects_static", {}, "0x33")
            : testing::MakeGdbCore(directory.path(), PROGRAMS "objects_static", {}, "0x33");
    if (!made.has_value()) return std::nullopt;
    Original original{
        .bytes = *ReadFile(made->path), .objects = testing::ObjectsIn(made->lines), .words = {}};
    auto core = CoreTarget::Open(made->path);
    for (const auto& object : original.objects) {
      original.words.push_back(ReadWord(*(*core)->target().memory, object.address));
    }
    return original;
  }

  void SetUp() override {
    static const std::optional<Original> kernel = MakeOriginal("kernel");
    static const std::optional<Original> gcore = MakeOriginal("gcore");
    original_ = std::string(GetParam()) == "kernel" ? &kernel : &gcore;
    if (!original_->has_value()) GTEST_SKIP() << "cores by " << GetParam() << " cannot be had here";
    bytes_ = (*original_)->bytes;
  }

  template <typename T>
  T Get(uint64_t offset) const {
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }
  template <typename T>
  void Set(uint64_t offset, T value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof(T));
  }
  static uint64_t HeaderAt(size_t i) { return sizeof(Elf64_Ehdr) + i * sizeof(Elf64_Phdr); }
  size_t HeaderCount() const { return Get<Elf64_Ehdr>(0).e_phnum; }

  // Opens the bytes as they are now, and reads all over them. A word that is there must be right,
  // if `must_be_right`.
  absl::StatusOr<std::unique_ptr<CoreTarget>> Look(bool must_be_right = false) {
    std::string path = directory_ / "core";
    EXPECT_TRUE(WriteFile(path, bytes_).ok());
    auto core = CoreTarget::Open(path);
    if (!core.ok()) {
      EXPECT_NE(core.status().message().find(path), std::string::npos) << core.status();
      return core;
    }
    const Target& target = (*core)->target();
    VtableOracle oracle(*target.memory, target.modules);
    const Original& original = **original_;
    for (size_t i = 0; i < original.objects.size(); ++i) {
      auto word = ReadWord(*target.memory, original.objects[i].address);
      auto answer = oracle.Classify(word.value_or(0));
      if (!must_be_right) continue;
      EXPECT_EQ(word.value_or(*original.words[i]), original.words[i]);
      std::string name = answer.has_value() ? oracle.classes()[answer->klass].mangled : "";
      EXPECT_TRUE(name.empty() || name == original.objects[i].name) << name;
    }
    std::vector<uint8_t> page(4096);
    for (const Mapping& mapping : target.maps) {
      size_t n = target.memory->Read(mapping.range.begin, page);
      for (size_t at = 0; at + 8 <= n; at += 64) {
        uint64_t word;
        std::memcpy(&word, page.data() + at, sizeof(word));
        oracle.Classify(word);
      }
    }
    return core;
  }

  const std::optional<Original>* original_ = nullptr;
  std::string bytes_;
  testing::TemporaryDirectory directory_;
};

TEST_P(HostileCoreTest, CutShortAnywhere) {
  std::string whole = bytes_;
  size_t opened = 0;
  for (size_t size = 0; size < whole.size(); size += 4096) {
    bytes_ = whole.substr(0, size);
    auto core = Look(true);
    if (!core.ok()) continue;
    ++opened;
    EXPECT_FALSE((*core)->dropped().empty()) << size << " of " << whole.size();
  }
  EXPECT_EQ(opened, (whole.size() - 1) / 4096) << "all but the empty one";
}

TEST_P(HostileCoreTest, WhatIsLeftOfATruncatedCoreIsRead) {
  auto last = Get<Elf64_Phdr>(HeaderAt(HeaderCount() - 2));
  bytes_.resize(last.p_offset + last.p_filesz / 2);
  auto core = Look(true);
  ASSERT_TRUE(core.ok()) << core.status();
  size_t there = 0;
  for (const auto& object : (*original_)->objects) {
    there += ReadWord(*(*core)->target().memory, object.address).has_value();
  }
  EXPECT_EQ(there, (*original_)->objects.size()) << "the heap comes before the stack";
}

TEST_P(HostileCoreTest, DamagedAtRandom) {
  std::string whole = bytes_;
  std::mt19937_64 random(42);
  Elf64_Phdr notes = Get<Elf64_Phdr>(HeaderAt(0));
  ASSERT_EQ(notes.p_type, uint32_t{PT_NOTE});
  uint64_t headers = HeaderAt(HeaderCount());
  for (int round = 0; round < 4000; ++round) {
    bytes_ = whole;
    for (uint64_t n = 1 + random() % 8; n > 0; --n) {
      uint64_t kind = random() % 4;
      uint64_t at = kind == 0   ? random() % headers
                    : kind == 1 ? notes.p_offset + random() % notes.p_filesz
                    : kind == 2 ? notes.p_offset + random() % 1024
                                : random() % whole.size();
      if (at < EI_NIDENT) continue;  // else it is no ELF file any more
      bytes_[at] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
    }
    (void)Look();
  }
}

TEST_P(HostileCoreTest, ForgedProgramHeaders) {
  std::string whole = bytes_;
  std::mt19937_64 random(43);
  const uint64_t values[] = {0,
                             1,
                             4095,
                             kMax,
                             kMax - 4095,
                             uint64_t{1} << 63,
                             1 << 20,
                             1ull << 40,
                             whole.size(),
                             whole.size() - 1,
                             0x7fffffffffffffff};
  for (size_t field = 0; field < 4; ++field) {
    // p_offset, p_vaddr, p_filesz, p_memsz
    constexpr size_t kFields[] = {offsetof(Elf64_Phdr, p_offset), offsetof(Elf64_Phdr, p_vaddr),
                                  offsetof(Elf64_Phdr, p_filesz), offsetof(Elf64_Phdr, p_memsz)};
    for (uint64_t value : values) {
      bytes_ = whole;
      size_t one = random() % HeaderCount();
      Set(HeaderAt(one) + kFields[field], value);
      (void)Look();
      for (size_t i = 0; i < HeaderCount(); ++i) Set(HeaderAt(i) + kFields[field], value);
      (void)Look();
    }
  }
}

TEST_P(HostileCoreTest, ForgedCounts) {
  std::string whole = bytes_;
  // PN_XNUM: the count is elsewhere, and says four billion.
  Set<uint16_t>(offsetof(Elf64_Ehdr, e_phnum), PN_XNUM);
  Set<uint64_t>(offsetof(Elf64_Ehdr, e_shoff), 64);
  Set<uint32_t>(64 + offsetof(Elf64_Shdr, sh_info), 0xffffffff);
  auto core = Look();
  ASSERT_TRUE(core.ok());
  EXPECT_FALSE((*core)->dropped().empty());

  bytes_ = whole;
  Set<uint64_t>(offsetof(Elf64_Ehdr, e_phoff), kMax - 8);
  core = Look();
  ASSERT_TRUE(core.ok());
  EXPECT_TRUE((*core)->target().maps.empty());
}

TEST_P(HostileCoreTest, ForgedNotes) {
  std::string whole = bytes_;
  uint64_t begin = Get<Elf64_Phdr>(HeaderAt(0)).p_offset;
  uint64_t end = begin + Get<Elf64_Phdr>(HeaderAt(0)).p_filesz;
  size_t file_notes = 0;
  for (uint64_t at = begin; at + sizeof(Elf64_Nhdr) < end;) {
    auto note = Get<Elf64_Nhdr>(at);
    uint64_t description = at + sizeof(note) + (note.n_namesz + 3) / 4 * 4;
    for (uint32_t size : {0u, 1u, 15u, 17u, 0xffffffffu}) {
      bytes_ = whole;
      Set<uint32_t>(at + offsetof(Elf64_Nhdr, n_descsz), size);
      (void)Look();
      Set<uint32_t>(at + offsetof(Elf64_Nhdr, n_namesz), size);
      (void)Look();
    }
    for (uint64_t count : {uint64_t{0}, uint64_t{1} << 40, kMax}) {
      if (note.n_type != NT_FILE) break;
      bytes_ = whole;
      Set(description, count);
      auto core = Look();
      ASSERT_TRUE(core.ok());
      EXPECT_TRUE((*core)->process().files.empty());
      ++file_notes;
    }
    bytes_ = whole;
    at = description + (note.n_descsz + 3) / 4 * 4;
  }
  EXPECT_EQ(file_notes, 3u);
}

// A library's headers that say it is everywhere, in a thousand mappings.
TEST_P(HostileCoreTest, ForgedModules) {
  std::string whole = bytes_;
  size_t forged = 0;
  for (size_t i = 0; i < HeaderCount(); ++i) {
    auto segment = Get<Elf64_Phdr>(HeaderAt(i));
    if (segment.p_type != PT_LOAD || segment.p_filesz < 4096) continue;
    if (std::memcmp(bytes_.data() + segment.p_offset, ELFMAG, SELFMAG) != 0) continue;
    auto module = Get<Elf64_Ehdr>(segment.p_offset);
    for (size_t h = 0; h < module.e_phnum; ++h) {
      uint64_t at = segment.p_offset + module.e_phoff + h * sizeof(Elf64_Phdr);
      Set<uint32_t>(at + offsetof(Elf64_Phdr, p_type), PT_LOAD);
      Set<uint64_t>(at + offsetof(Elf64_Phdr, p_memsz), uint64_t{1} << 46);
    }
    ++forged;
  }
  EXPECT_GT(forged, 0u);
  (void)Look();
}

INSTANTIATE_TEST_SUITE_P(Made, HostileCoreTest, ::testing::Values("kernel", "gcore"),
                         [](const auto& info) { return std::string(info.param); });

class NotACoreTest : public ::testing::Test {
 protected:
  std::string MessageOf(const std::string& bytes) {
    std::string path = directory_ / "file";
    EXPECT_TRUE(WriteFile(path, bytes).ok());
    absl::Status status = CoreTarget::Open(path).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  }
  // An ELF header alone.
  static std::string Header(uint16_t type, uint16_t machine, uint8_t elf_class = ELFCLASS64) {
    Elf64_Ehdr header = {};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = elf_class;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = type;
    header.e_machine = machine;
    header.e_phentsize = sizeof(Elf64_Phdr);
    return {reinterpret_cast<const char*>(&header), sizeof(header)};
  }
  void Says(const std::string& bytes, const std::string& text) {
    std::string message = MessageOf(bytes);
    EXPECT_NE(message.find(text), std::string::npos) << message;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(NotACoreTest, SaysWhatItIs) {
  Says("", "not a core");
  Says("just text, and enough of it", "not a core");
  Says(std::string("\x28\xb5\x2f\xfd and so on", 14), "zstd -d");
  Says(std::string("\x1f\x8b\x08\x00 and so on", 14), "gzip -d");
  Says(std::string("\x04\x22\x4d\x18 and so on", 14), "lz4 -d");
  Says(Header(ET_DYN, EM_X86_64), "a program or library");
  Says(Header(ET_CORE, EM_AARCH64), "another architecture");
  Says(Header(ET_CORE, EM_386, ELFCLASS32), "another architecture");
  Says(Header(ET_CORE, EM_X86_64).substr(0, 30), "cut short");
}

TEST_F(NotACoreTest, ACoreOfNothingIsACore) {
  ASSERT_TRUE(WriteFile(directory_ / "file", Header(ET_CORE, EM_X86_64)).ok());
  auto core = CoreTarget::Open(directory_ / "file");
  ASSERT_TRUE(core.ok()) << core.status();
  EXPECT_TRUE((*core)->target().modules.empty());
  EXPECT_FALSE((*core)->dropped().empty());
}

TEST_F(NotACoreTest, FilesThatAreNone) {
  EXPECT_TRUE(absl::IsNotFound(CoreTarget::Open(directory_ / "missing").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(CoreTarget::Open(directory_.path()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(CoreTarget::Open("/dev/zero").status()));
}

// The file is cut while it is open: reads end, and nothing is made up.
TEST(GrowingCoreTest, CutShortWhileOpen) {
  testing::TemporaryDirectory directory;
  auto made = testing::MakeKernelCore(directory.path(), PROGRAMS "objects_static", {}, "0x33");
  if (!made.has_value()) GTEST_SKIP() << "the kernel does not write cores into directories here";
  auto core = CoreTarget::Open(made->path);
  ASSERT_TRUE(core.ok());
  Address object = testing::ObjectsIn(made->lines)[0].address;
  EXPECT_TRUE(ReadWord(*(*core)->target().memory, object).has_value());
  ASSERT_EQ(truncate(made->path.c_str(), 8192), 0);
  EXPECT_EQ(ReadWord(*(*core)->target().memory, object), std::nullopt);
}

}  // namespace
}  // namespace seep
