// Fills its heap from several threads, frees half of it in other threads, says "ready" and waits
// for the end of its input: free blocks of every kind, in every kind of cache.
#include <pthread.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

constexpr uint64_t kThreads = 4;
constexpr uint64_t kBlocks = 2500;
void* g_blocks[kThreads][kBlocks];
pthread_barrier_t g_barrier;

uint64_t Random(uint64_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

uint64_t SizeFrom(uint64_t draw) {
  if (draw % 1000 == 0) return 150'000 + draw / 1000 % 200'000;
  return draw % 10 == 0 ? 1 + draw / 10 % 5000 : 1 + draw / 10 % 300;
}

void* Work(void* argument) {
  auto thread = reinterpret_cast<uint64_t>(argument);
  uint64_t random = 88172645463325252u + thread * 977;
  for (void*& block : g_blocks[thread]) {
    uint64_t bytes = SizeFrom(Random(&random));
    block = malloc(bytes);
    memset(block, 0x5a, bytes < 64 ? bytes : 64);
  }
  pthread_barrier_wait(&g_barrier);
  for (void* block : g_blocks[(thread + 1) % kThreads]) {
    if (Random(&random) % 2 == 0) free(block);
  }
  pthread_barrier_wait(&g_barrier);
  while (thread != 0) pause();
  return nullptr;  // its arena and what it had cached stay
}

}  // namespace

int main() {
  pthread_barrier_init(&g_barrier, nullptr, kThreads + 1);
  pthread_t threads[kThreads];
  for (uint64_t t = 0; t < kThreads; ++t) {
    pthread_create(&threads[t], nullptr, Work, reinterpret_cast<void*>(t));
  }
  pthread_barrier_wait(&g_barrier);
  pthread_barrier_wait(&g_barrier);
  pthread_join(threads[0], nullptr);
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  _exit(0);
}
