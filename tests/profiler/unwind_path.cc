#include "tests/profiler/unwind_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include <algorithm>

#include "profiler/module_table.h"
#include "profiler/unwind.h"

namespace seep::profiler {

void PrepareWalks() {
  static const bool once = [] {
    ScanInitialModules();
    PrepareUnwind(false);
    return true;
  }();
  (void)once;
}

recording::Position PositionOfReturn(uintptr_t address) {
  ModuleView module = FindModule(address - 1);
  return recording::MakePosition(module.id, address - (module.id == 0 ? 0 : module.bias));
}

__attribute__((noinline)) void LookBack(Path& path) {
  path.Note(reinterpret_cast<uintptr_t>(__builtin_return_address(0)));
  WalkStack(SEEP_CALLER_REGISTERS(), &path.walk);
  for (uint32_t i = path.note_count; i-- > 0;)
    path.truth.push_back(PositionOfReturn(path.noted[i]));

  unw_flush_cache(unw_local_addr_space, 0, 0);  // it would believe rules of unloaded libraries
  unw_context_t context;
  unw_cursor_t cursor;
  unw_getcontext(&context);
  unw_init_local(&cursor, &context);
  while (path.libunwind.size() < 1000 && unw_step(&cursor) > 0) {
    unw_word_t pc = 0;
    unw_get_reg(&cursor, UNW_REG_IP, &pc);
    if (pc == 0) break;
    bool interrupted = unw_is_signal_frame(&cursor) > 0;  // by a signal, so pc is exact
    path.libunwind.push_back(PositionOfReturn(interrupted ? pc + 1 : pc));
  }
}

void ExpectNotedFrames(const Path& path) {
  ASSERT_GE(path.truth.size(), 1u);
  const recording::Position* at = path.walk.frames;
  const recording::Position* end = at + path.walk.count;
  for (size_t i = 0; i < path.truth.size(); ++i) {
    at = std::find(at, end, path.truth[i]);
    ASSERT_NE(at, end) << "frame noted " << i << " functions up is not in the walk";
    ++at;
  }
}

void ExpectWholeWalk(const Path& path) {
  EXPECT_EQ(path.walk.flags & recording::kStackTruncated, 0);
  EXPECT_THAT(std::vector(path.walk.frames, path.walk.frames + path.walk.count),
              ::testing::ElementsAreArray(path.libunwind));
  ExpectNotedFrames(path);
}

}  // namespace seep::profiler
