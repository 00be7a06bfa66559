#include "heap/loaded_modules.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "heap/process_memory.h"
#include "tests/heap/child_process.h"

namespace seep {
namespace {

struct Truth {
  uint64_t bias = 0;
  std::vector<uint8_t> build_id;
};

// What the loader itself says of this process, by name of the file; "" is the program.
int Collect(dl_phdr_info* info, size_t, void* out) {
  Truth truth{.bias = info->dlpi_addr, .build_id = {}};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    if (info->dlpi_phdr[i].p_type != PT_NOTE) continue;
    const char* note = reinterpret_cast<const char*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    const char* end = note + info->dlpi_phdr[i].p_memsz;
    while (note < end) {
      const auto* header = reinterpret_cast<const ElfW(Nhdr)*>(note);
      const char* name = note + sizeof(*header);
      const char* id = name + ((header->n_namesz + 3) & ~3u);
      if (header->n_type == NT_GNU_BUILD_ID && std::string(name) == "GNU") {
        truth.build_id.assign(id, id + header->n_descsz);
      }
      note = id + ((header->n_descsz + 3) & ~3u);
    }
  }
  static_cast<std::map<std::string, Truth>*>(out)->emplace(info->dlpi_name, truth);
  return 0;
}

std::vector<LoadedModule> ModulesOf(uint32_t pid) {
  auto memory = ProcessMemory::Open(pid);
  auto maps = ReadMaps(pid);
  EXPECT_TRUE(memory.ok() && maps.ok());
  return FindModules(*memory, *maps);
}

TEST(LoadedModulesTest, AgreesWithTheLoader) {
  std::map<std::string, Truth> truth;
  dl_iterate_phdr(Collect, &truth);
  size_t agreed = 0;
  for (const LoadedModule& loaded : ModulesOf(static_cast<uint32_t>(getpid()))) {
    char resolved[PATH_MAX];
    for (const auto& [name, expected] : truth) {
      const char* path = realpath(name.empty() ? "/proc/self/exe" : name.c_str(), resolved);
      if (path == nullptr || loaded.module.path != path) continue;
      EXPECT_EQ(loaded.module.load_bias, expected.bias) << name;
      EXPECT_EQ(loaded.module.build_id, expected.build_id) << name;
      EXPECT_FALSE(loaded.segments.empty());
      ++agreed;
    }
  }
  EXPECT_GE(agreed, 4u) << "program, libc, libstdc++, loader at least";
  EXPECT_EQ(agreed + 1, truth.size()) << "all but the vdso, which is no file";
}

TEST(LoadedModulesTest, ModulesHaveTheirDataButNotTheHeap) {
  static int in_bss;
  auto* in_heap = new int(1);
  auto has = [](const std::vector<LoadedModule>& modules, const void* p) {
    Address address(reinterpret_cast<uint64_t>(p));
    for (const LoadedModule& m : modules) {
      for (const Segment& s : m.segments) {
        if (s.range.contains(address)) return true;
      }
    }
    return false;
  };
  in_bss = 1;
  std::vector<LoadedModule> modules = ModulesOf(static_cast<uint32_t>(getpid()));
  EXPECT_TRUE(has(modules, &in_bss));
  EXPECT_TRUE(has(modules, reinterpret_cast<void*>(&Collect)));
  EXPECT_FALSE(has(modules, in_heap));
  EXPECT_FALSE(has(modules, &has)) << "the stack";
  delete in_heap;
}

// A program that is mapped to be read, as debuggers do, is not loaded.
TEST(LoadedModulesTest, DataMappingsAreNoModules) {
  size_t before = ModulesOf(static_cast<uint32_t>(getpid())).size();
  int fd = open(PROGRAMS "objects_pie", O_RDONLY);
  ASSERT_GE(fd, 0);
  void* mapped = mmap(nullptr, 1 << 16, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  EXPECT_EQ(ModulesOf(static_cast<uint32_t>(getpid())).size(), before);
  munmap(mapped, 1 << 16);
}

TEST(LoadedModulesTest, StaticProgramsHaveOneModule) {
  for (const char* program : {PROGRAMS "objects_static", PROGRAMS "objects_static_pie"}) {
    testing::ChildProcess child(program);
    ASSERT_TRUE(child.ready()) << program;
    std::vector<LoadedModule> modules = ModulesOf(child.pid());
    ASSERT_EQ(modules.size(), 1u) << program;
    EXPECT_EQ(modules[0].module.path, program);
    EXPECT_FALSE(modules[0].module.build_id.empty()) << program;
  }
}

}  // namespace
}  // namespace seep
