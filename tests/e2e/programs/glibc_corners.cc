// glibc_corners FILE MODE…: brings glibc malloc into states that programs rarely bring it into, and
// writes down what is live and what is free (as census_truth does), says "ready", and waits.
//
//   foreign_sbrk    the program moves the break itself: gaps in the main arena
//   blocked_break   something is mapped where the break would grow: the main arena goes on by mmap
//   aligned         aligned blocks with mappings of their own, next to each other and to other maps
//   resized         large blocks grown and shrunk by realloc
//   forked          a thread's cache, in a child that has the thread's memory but not the thread
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

struct Entry {
  void* block;
  uint64_t bytes;
  bool live;
};
constexpr uint64_t kEntries = uint64_t{1} << 20;
Entry* g_log;
uint64_t g_count = 0;

void* Keep(void* block, uint64_t bytes) {
  if (block == nullptr || g_count == kEntries) abort();
  memset(block, 0x5a, bytes < 256 ? bytes : 256);
  g_log[g_count++] = {block, bytes, true};
  return block;
}

void Free(uint64_t entry) {
  free(g_log[entry].block);
  g_log[entry].live = false;
}

// Blocks of many sizes; frees a third of them.
void Churn(uint64_t blocks) {
  uint64_t first = g_count;
  for (uint64_t i = 0; i < blocks; ++i) {
    uint64_t bytes = i % 100 == 0 ? 20'000 : 1 + i * 37 % 700;
    Keep(malloc(bytes), bytes);
  }
  for (uint64_t i = first; i < first + blocks; i += 3) Free(i);
}

void ForeignSbrk() {
  for (intptr_t own : {40, 4096, 100'000, 8}) {
    void* mine = sbrk(own);
    memset(mine, 0x21, static_cast<size_t>(own));  // not unlike sizes of chunks
    Churn(3000);
  }
}

void BlockedBreak() {
  char* after = static_cast<char*>(sbrk(0)) + 4096;
  auto page = reinterpret_cast<uintptr_t>(after) & ~uintptr_t{4095};
  void* wall = mmap(reinterpret_cast<void*>(page), 4096, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (wall == MAP_FAILED) abort();
  for (int i = 0; i < 8; ++i) {
    Churn(3000);
    Keep(malloc(150'000), 150'000);  // with a mapping of its own
  }
}

void Aligned() {
  for (uint64_t alignment = 32; alignment <= 16u << 20; alignment *= 2) {
    for (uint64_t bytes : {uint64_t{140'000}, uint64_t{300'000}}) {
      void* block = nullptr;
      if (posix_memalign(&block, alignment, bytes) != 0) abort();
      Keep(block, bytes);
      // Another map, which the kernel joins with malloc's.
      void* page = mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      memset(page, static_cast<int>(alignment >> 5), 8192);
    }
  }
}

void Resized() {
  for (uint64_t i = 0; i < 40; ++i) {
    void* block = malloc(200'000 + i * 1000);
    uint64_t bytes = i % 2 == 0 ? 400'000 + i * 5000 : 150'000;
    Keep(realloc(block, bytes), bytes);
    if (i % 5 == 0) Free(g_count - 1);
  }
}

void* FillCache(void*) {
  void* blocks[6];
  for (void*& block : blocks) block = malloc(100);
  for (void* block : blocks) {
    g_log[g_count++] = {block, 100, false};
    free(block);
  }
  static char done = 0;
  __atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
  for (;;) pause();
}

// The parent waits for the child and dies with it.
void Forked() {
  uint64_t before = g_count;
  pthread_t thread;
  pthread_create(&thread, nullptr, FillCache, nullptr);
  while (__atomic_load_n(&g_count, __ATOMIC_SEQ_CST) < before + 6) usleep(1000);
  usleep(20'000);
  pid_t child = fork();
  if (child == 0) return;
  waitpid(child, nullptr, 0);
  _exit(0);
}

void Run(const char* mode) {
  if (strcmp(mode, "foreign_sbrk") == 0) ForeignSbrk();
  if (strcmp(mode, "blocked_break") == 0) BlockedBreak();
  if (strcmp(mode, "aligned") == 0) Aligned();
  if (strcmp(mode, "resized") == 0) Resized();
  if (strcmp(mode, "forked") == 0) Forked();
}

// Without stdio, which allocates.
template <typename... Values>
void WriteLine(int fd, const char* format, Values... values) {
  char line[128];
  auto n = static_cast<size_t>(snprintf(line, sizeof(line), format, values...));
  if (write(fd, line, n) < 0) abort();
}

void Write(const char* path) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  for (uint64_t i = 0; i < g_count; ++i) {
    const Entry& entry = g_log[i];
    WriteLine(fd, entry.live ? "live %p %lu -\n" : "free %p %lu\n", entry.block, entry.bytes);
  }
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  g_log = static_cast<Entry*>(mmap(nullptr, kEntries * sizeof(Entry), PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  for (int i = 2; i < argc; ++i) {
    Run(argv[i]);
    Churn(3000);
  }
  Write(argv[1]);
  WriteLine(STDOUT_FILENO, "%d\n", getpid());
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  _exit(0);
}
