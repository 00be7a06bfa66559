// sparse_heap [--objects N] [--blocks N BYTES] [--one MIB] [--give-back]: a heap of which little
// was ever touched. N small objects of class Small; N blocks of so many bytes, each with an object
// of class Head at its start and otherwise untouched; one block of so many MiB, untouched.
// --give-back: of every other block all but the first page was touched, and given back to the
// kernel. Says "ready" and waits for the end of its input.
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

struct Small {
  virtual ~Small() = default;
  uint64_t room = 1;
};
struct Head {
  virtual ~Head() = default;
  uint64_t room = 2;
};

namespace {

constexpr uint64_t kPage = 4096;

void GiveBack(char* block, uint64_t bytes) {
  auto begin = (reinterpret_cast<uint64_t>(block) / kPage + 1) * kPage;
  auto end = (reinterpret_cast<uint64_t>(block) + bytes) / kPage * kPage;
  if (begin >= end) return;
  auto* pages = reinterpret_cast<char*>(begin);
  memset(pages, 1, end - begin);
  madvise(pages, end - begin, MADV_DONTNEED);
}

}  // namespace

int main(int argc, char** argv) {
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);  // huge pages would be touched as a whole
  uint64_t objects = 0, blocks = 0, bytes = 0, mib = 0;
  bool give_back = false;
  for (int i = 1; i < argc; ++i) {
    auto number = [&] { return i + 1 < argc ? strtoull(argv[++i], nullptr, 10) : 0; };
    if (strcmp(argv[i], "--objects") == 0) {
      objects = number();
    } else if (strcmp(argv[i], "--blocks") == 0) {
      blocks = number();
      bytes = number();
    } else if (strcmp(argv[i], "--one") == 0) {
      mib = number();
    }
    give_back |= strcmp(argv[i], "--give-back") == 0;
  }
  auto make_objects = [](uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      auto* object = new Small;
      asm volatile("" ::"r"(object) : "memory");
    }
  };
  make_objects(objects / 2);
  if (mib > 0) {
    void* one = malloc(mib << 20);
    if (one == nullptr) return 1;
    asm volatile("" ::"r"(one) : "memory");
  }
  for (uint64_t i = 0; i < blocks; ++i) {
    auto* block = static_cast<char*>(malloc(bytes));
    if (block == nullptr) return 1;
    auto* head = new (block) Head;
    asm volatile("" ::"r"(head) : "memory");
    if (give_back && i % 2 == 0) GiveBack(block, bytes);
  }
  make_objects(objects - objects / 2);
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  _exit(0);
}
