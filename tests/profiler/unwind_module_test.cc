// Stacks through libraries that are loaded and unloaded.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include "profiler/cfi.h"
#include "profiler/module_table.h"
#include "profiler/unwind.h"
#include "tests/profiler/unwind_frames.h"

namespace seep::profiler {
namespace {

// One build of the library, loaded.
class Library {
 public:
  explicit Library(const char* path, long space = LM_ID_BASE)
      : handle_(dlmopen(space, path, RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) {
      ADD_FAILURE() << dlerror();
      std::abort();
    }
  }
  ~Library() { dlclose(handle_); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  PathFunction frame() const {
    return reinterpret_cast<PathFunction>(dlsym(handle_, "ModuleFrame"));
  }
  uintptr_t address() const { return reinterpret_cast<uintptr_t>(frame()); }

 private:
  void* handle_;
};

class UnwindModuleTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { PrepareWalks(); }
};

TEST_F(UnwindModuleTest, LibraryLoadedLater) {
  Library library(UNWIND_MODULE_A);
  Path path({Plain, library.frame(), ScribblesRbp, library.frame()});
  Go(path);
  ExpectWholeWalk(path);
  EXPECT_EQ(path.walk.flags, 0);
  ModuleView module = FindModule(library.address());
  EXPECT_EQ(recording::PositionModule(path.walk.frames[0]), module.id);
  EXPECT_FALSE(IsInitialCode(library.address()));
}

// libunwind does not see other namespaces.
TEST_F(UnwindModuleTest, LibraryInANamespaceOfItsOwn) {
  Library library(UNWIND_MODULE_A, LM_ID_NEWLM);
  Path path({AlignsAndGrows, library.frame(), Plain});
  Go(path);
  EXPECT_EQ(path.walk.flags, 0);
  ExpectNotedFrames(path);
}

TEST_F(UnwindModuleTest, UnloadedLibraryEndsTheWalk) {
  uintptr_t gone = 0;
  {
    Library library(UNWIND_MODULE_A);
    Path path({library.frame()});
    Go(path);
    gone = path.noted[path.note_count - 1];
  }
  ASSERT_EQ(FindModule(gone).end, 0u) << "the library was to be unloaded";
  uintptr_t stack[16] = {};
  Walk walk;
  WalkStack({gone, reinterpret_cast<uintptr_t>(stack), 0}, &walk);
  EXPECT_EQ(walk.count, 1u);
  EXPECT_EQ(walk.frames[0], recording::MakePosition(0, gone));
  EXPECT_EQ(walk.flags, recording::kStackTruncated);
}

// What was learnt of the first library must not be believed of the second, nor be forgotten.
TEST_F(UnwindModuleTest, AnotherLibraryAtTheSamePlace) {
  uint32_t ids[2] = {};
  uintptr_t addresses[2] = {};
  for (int round = 0; round < 4; ++round) {
    SCOPED_TRACE(round);
    Library library(round % 2 == 0 ? UNWIND_MODULE_A : UNWIND_MODULE_B);
    Path path({Plain, library.frame(), KeepsFrame, library.frame(), Plain});
    Go(path);
    ExpectWholeWalk(path);
    uint32_t id = FindModule(library.address()).id;
    if (round < 2) {
      ids[round] = id;
      addresses[round] = library.address();
    } else {
      EXPECT_EQ(id, ids[round % 2]) << "it is back";
    }
  }
  EXPECT_EQ(addresses[0], addresses[1]) << "the loader put them elsewhere: nothing was tested";
  EXPECT_NE(ids[0], ids[1]);
}

}  // namespace
}  // namespace seep::profiler
