// exhaustion: asks for memory that nobody has, in every way, and checks that each fails as it
// should. Exit code: the number of the line that went wrong, modulo 256; 0 if none. Keeps a block
// that a failed realloc has left alone, labelled by=kept, and 100 blocks by=after.
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "profiler/include/seep/seep.h"

#define CHECK_OR_EXIT(condition) \
  if (!(condition)) return __LINE__ & 0xFF

namespace {

// Hidden from the compiler, which knows that these cannot be had.
volatile size_t g_huge = SIZE_MAX - 64, g_large = size_t{1} << 50;
int g_handled;

template <typename Allocate>
bool Throws(Allocate allocate) {
  try {
    allocate();
  } catch (const std::bad_alloc&) {
    return true;
  }
  return false;
}

template <typename Allocate>
bool Refused(Allocate allocate) {
  errno = 0;
  return allocate() == nullptr && errno == ENOMEM;
}

void GiveUp() {
  ++g_handled;
  std::set_new_handler(nullptr);
}

int Try(size_t size) {
  CHECK_OR_EXIT(Refused([=] { return malloc(size); }));
  CHECK_OR_EXIT(Refused([=] { return calloc(1, size); }));
  CHECK_OR_EXIT(Refused([=] { return calloc(size, size); }));
  CHECK_OR_EXIT(Refused([=] { return realloc(nullptr, size); }));
  CHECK_OR_EXIT(Refused([=] { return memalign(64, size); }));
  CHECK_OR_EXIT(Refused([=] { return aligned_alloc(64, size); }));
  CHECK_OR_EXIT(Refused([=] { return valloc(size); }));
  void* block = nullptr;
  CHECK_OR_EXIT(posix_memalign(&block, 64, size) == ENOMEM);
  CHECK_OR_EXIT(Throws([=] { return operator new(size); }));
  CHECK_OR_EXIT(Throws([=] { return operator new[](size); }));
  CHECK_OR_EXIT(Throws([=] { return operator new(size, std::align_val_t(64)); }));
  CHECK_OR_EXIT(operator new(size, std::nothrow) == nullptr);
  CHECK_OR_EXIT(operator new[](size, std::nothrow) == nullptr);
  CHECK_OR_EXIT(operator new(size, std::align_val_t(64), std::nothrow) == nullptr);
  std::set_new_handler(GiveUp);
  int handled = g_handled;
  CHECK_OR_EXIT(Throws([=] { return operator new(size); }));
  CHECK_OR_EXIT(g_handled == handled + 1);
  std::set_new_handler(GiveUp);
  CHECK_OR_EXIT(operator new(size, std::align_val_t(64), std::nothrow) == nullptr);
  CHECK_OR_EXIT(g_handled == handled + 2);
  return 0;
}

}  // namespace

int main() {
  char* kept = nullptr;
  {
    seep::ScopedLabel label("by", "kept");
    kept = static_cast<char*>(malloc(777));
  }
  kept[776] = 'k';
  for (size_t size : {g_huge + 0, g_huge + 1, g_large + 0}) {
    if (int line = Try(size)) return line;
    CHECK_OR_EXIT(Refused([=] { return realloc(kept, size); }));
    CHECK_OR_EXIT(Refused([=] { return reallocarray(kept, size, 2); }));
  }
  CHECK_OR_EXIT(kept[776] == 'k');
  seep::ScopedLabel label("by", "after");
  static void* blocks[100];
  for (void*& block : blocks) block = malloc(50);
  _exit(0);
}
