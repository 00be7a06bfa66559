// own_new: replaces operator new and delete, only the two that all others go by, with ones whose
// blocks malloc must never see. The standard says that the other forms call these two, and a
// profiler that takes the others over must not change that ([new.delete]). Exit code 0: all went
// by.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace {

constexpr size_t kHeader = 64;
constexpr unsigned kMagic = 0x5EE9;
volatile int g_news, g_deletes;

struct Object {
  long payload[5];
};

}  // namespace

void* operator new(size_t size) {
  void* block = malloc(size + kHeader);
  if (block == nullptr) throw std::bad_alloc();
  *static_cast<unsigned*>(block) = kMagic;
  g_news = g_news + 1;
  return static_cast<char*>(block) + kHeader;
}

void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  void* start = static_cast<char*>(block) - kHeader;
  if (*static_cast<unsigned*>(start) != kMagic) abort();
  g_deletes = g_deletes + 1;
  free(start);
}

int main() {
  int rounds = 10'000;
  for (int i = 0; i < rounds; ++i) {
    Object* volatile one = new Object();
    delete one;  // by operator delete(void*, size_t)
    Object* volatile many = new Object[3];
    delete[] many;
    Object* volatile perhaps = new (std::nothrow) Object();
    delete perhaps;
    Object* volatile perhaps_many = new (std::nothrow) Object[3];
    delete[] perhaps_many;
    auto vector = std::make_unique<std::vector<int>>(10u, i);
  }
  printf("%d %d\n", g_news - 6 * rounds, g_deletes - 6 * rounds);
  return g_news == 6 * rounds && g_deletes == g_news ? 0 : 1;
}
