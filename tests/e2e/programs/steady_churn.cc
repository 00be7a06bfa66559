// steady_churn: holds a million objects of class Kept while two threads allocate and free other
// things without a pause, and now and then put a new Kept in the place of an old one: there are
// never fewer than a million, and never more than two over. Each line of input is answered by how
// many objects of Kept have been replaced so far.
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

struct Kept {
  virtual ~Kept() = default;
  uint64_t room[4] = {};
};
struct Passing {
  virtual ~Passing() = default;
  uint64_t room[4] = {};
};

namespace {

constexpr uint64_t kKept = 1'000'000, kThreads = 2;
Kept* g_kept[kKept];
std::atomic<uint64_t> g_replaced{0}, g_started{0};

uint64_t Random(uint64_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

template <typename T>
T* Make() {
  T* object = new T;
  asm volatile("" ::"r"(object) : "memory");
  return object;
}

void Churn(uint64_t* random) {
  void* blocks[64];
  Passing* passing[64];
  for (int i = 0; i < 64; ++i) {
    uint64_t bytes = 1 + Random(random) % 2048;
    blocks[i] = malloc(bytes);
    memset(blocks[i], 1, bytes);
    asm volatile("" ::"r"(blocks[i]) : "memory");
    passing[i] = Make<Passing>();
  }
  for (int i = 0; i < 64; ++i) {
    free(blocks[i]);
    delete passing[i];
  }
}

void* Work(void* argument) {
  auto thread = reinterpret_cast<uint64_t>(argument);
  uint64_t random = 88172645463325252u + thread * 977;
  uint64_t share = kKept / kThreads;
  for (uint64_t i = 0; i < share; ++i) g_kept[thread * share + i] = Make<Kept>();
  ++g_started;
  for (;;) {
    Churn(&random);
    Kept*& place = g_kept[thread * share + Random(&random) % share];
    Kept* fresh = Make<Kept>();
    delete place;
    place = fresh;
    ++g_replaced;
  }
}

}  // namespace

int main() {
  for (uint64_t t = 0; t < kThreads; ++t) {
    pthread_t thread;
    pthread_create(&thread, nullptr, Work, reinterpret_cast<void*>(t));
  }
  while (g_started < kThreads) usleep(1000);
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  char line[64];
  while (read(STDIN_FILENO, line, sizeof line) > 0) {
    int n = snprintf(line, sizeof line, "%" PRIu64 "\n", g_replaced.load());
    if (write(STDOUT_FILENO, line, static_cast<size_t>(n)) != n) return 1;
  }
  _exit(0);
}
