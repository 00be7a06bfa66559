#include "profiler/rtti.h"

#include <cxxabi.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "profiler/module_table.h"
#include "tests/profiler/rtti_classes.h"

namespace seep::profiler {
namespace {

using namespace zoo;

class RttiTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ScanInitialModules(); }

  static ClassInfo Read(uintptr_t vptr) {
    ClassInfo info;
    EXPECT_TRUE(ReadVtable(vptr, &info));
    return info;
  }
  static bool IsVtable(uintptr_t vptr) {
    ClassInfo info;
    return ReadVtable(vptr, &info);
  }
  static uintptr_t AddressOf(const void* p) { return reinterpret_cast<uintptr_t>(p); }
};

TEST_F(RttiTest, NameAndTypeinfo) {
  Animal animal;
  ClassInfo info = Read(VptrOf(&animal));
  EXPECT_EQ(info.typeinfo, AddressOf(&typeid(Animal)));
  EXPECT_EQ(info.name, typeid(Animal).name());
  EXPECT_EQ(info.offset_to_top, 0);
  EXPECT_EQ(info.base_count, 0u);
}

TEST_F(RttiTest, SingleBase) {
  Dog dog;
  ClassInfo info = Read(VptrOf(&dog));
  EXPECT_EQ(info.name, typeid(Dog).name());
  ASSERT_EQ(info.base_count, 1u);
  EXPECT_EQ(info.bases[0].typeinfo, AddressOf(&typeid(Animal)));
  EXPECT_EQ(info.bases[0].offset, 0);
}

TEST_F(RttiTest, SeveralBasesAndTheirVtables) {
  Bat bat;
  ClassInfo info = Read(VptrOf(&bat));
  ASSERT_EQ(info.base_count, 2u);
  EXPECT_EQ(info.bases[0].typeinfo, AddressOf(&typeid(Animal)));
  EXPECT_EQ(info.bases[1].typeinfo, AddressOf(&typeid(Winged)));
  EXPECT_EQ(info.bases[1].offset, 8);

  ClassInfo second = Read(VptrOf(&bat, 8));
  EXPECT_EQ(second.name, typeid(Bat).name());
  EXPECT_EQ(second.offset_to_top, -8);
}

TEST_F(RttiTest, VirtualBaseHasNoFixedPlace) {
  Sphinx sphinx;
  ClassInfo info = Read(VptrOf(&sphinx));
  ASSERT_EQ(info.base_count, 1u);
  EXPECT_EQ(info.bases[0].offset, INT32_MIN);
}

TEST_F(RttiTest, CountsMoreBasesThanItKeeps) {
  Chimera chimera;
  ClassInfo info = Read(VptrOf(&chimera));
  EXPECT_EQ(info.base_count, 8u);
  EXPECT_EQ(info.bases[5].typeinfo, AddressOf(&typeid(Part<5>)));
  EXPECT_EQ(info.bases[5].offset, 40);
}

TEST_F(RttiTest, ClassWithoutRttiHasNoName) {
  ClassInfo info = Read(VptrWithoutRtti());
  EXPECT_EQ(info.typeinfo, 0u);
  EXPECT_EQ(info.name, "");
}

TEST_F(RttiTest, LibraryClassesAreRead) {
  std::unique_ptr<std::exception> exception = std::make_unique<std::bad_alloc>();
  EXPECT_EQ(Read(VptrOf(exception.get())).name, "St9bad_alloc");
}

TEST_F(RttiTest, WildVptrsAreRefused) {
  static const char text[] = "0123456789abcdef0123456789abcdef0123456789abcdef";
  uintptr_t in_text = (AddressOf(text) + 23) & ~uintptr_t{7};
  Animal animal;
  uintptr_t vptr = VptrOf(&animal);
  auto on_heap = std::make_unique<uintptr_t[]>(4);
  memcpy(on_heap.get(), reinterpret_cast<const void*>(vptr - 16), 24);  // true, but may go away
  uintptr_t code = reinterpret_cast<uintptr_t>(&abort);
  for (uintptr_t word : {uintptr_t{0},
                         uintptr_t{8},
                         uintptr_t{16},
                         uintptr_t{4096},
                         ~uintptr_t{0},
                         ~uintptr_t{7},
                         uintptr_t{1} << 47,
                         uintptr_t{1} << 63,
                         uintptr_t{0x5EE9'0000'0000},
                         in_text,
                         in_text + 8,
                         vptr + 1,
                         vptr + 4,
                         vptr - 1,
                         vptr - 8,
                         vptr + 8,
                         AddressOf(&typeid(Animal)),
                         AddressOf(&animal),
                         AddressOf(&on_heap[2]),
                         code,
                         code & ~uintptr_t{7}}) {
    EXPECT_FALSE(IsVtable(word)) << std::hex << word;
  }
}

// Whatever lies in the program's and the libraries' memory: a vtable or no, never a crash.
TEST_F(RttiTest, EveryWordOfTheProgramAsVptr) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "it guards the space between globals";
#endif
  uint64_t found = 0;
  for (uintptr_t place : {AddressOf(&typeid(Animal)), AddressOf(&typeid(std::exception)),
                          reinterpret_cast<uintptr_t>(&abort)}) {
    ModuleView module = FindModule(place);
    for (uintptr_t word = module.start - 64; word < module.end + 64; word += 8) {
      ClassInfo info;
      if (!ReadVtable(word, &info) || info.typeinfo == 0) continue;
      ++found;
      int status = 0;
      // In front of names of anonymous namespaces, g++ has '*': compare them by address.
      std::string name = "_ZTS" + std::string(info.name.substr(info.name[0] == '*'));
      free(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status));
      ASSERT_EQ(status, 0) << name;
    }
  }
  EXPECT_GT(found, 100u);
}

}  // namespace
}  // namespace seep::profiler
