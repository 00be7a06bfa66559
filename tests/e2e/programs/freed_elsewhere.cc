// freed_elsewhere FILE: one thread allocates and falls asleep; the main thread frees two in five of
// its blocks, so that they stay on whatever list an allocator keeps for that case. Writes down what
// is live and free as census_truth does, says "ready", and waits for the end of its input.
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr size_t kBlocks = 40000;
void* g_blocks[kBlocks];
std::atomic<bool> g_filled{false};

size_t SizeOf(size_t i) { return 16 + i % 40 * 24; }

void* Fill(void*) {
  for (size_t i = 0; i < kBlocks; ++i) g_blocks[i] = malloc(SizeOf(i));
  g_filled = true;
  while (true) pause();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  pthread_t thread;
  pthread_create(&thread, nullptr, Fill, nullptr);
  while (!g_filled) usleep(1000);
  FILE* file = fopen(argv[1], "w");
  if (file == nullptr) return 1;
  for (size_t i = 0; i < kBlocks; ++i) {
    bool freed = i % 5 < 2;
    fprintf(file, "%s %p %zu%s\n", freed ? "free" : "live", g_blocks[i], SizeOf(i),
            freed ? "" : " -");
    if (freed) free(g_blocks[i]);
  }
  fclose(file);
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  _exit(0);
}
