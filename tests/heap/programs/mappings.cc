// Maps memory of every kind, prints where, and waits. Argument: a file of its own to map.
// Commands: "drop ADDRESS BYTES" gives pages back, "exec" runs it anew, "exit" ends it.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr size_t kTouched = size_t{200} << 20;
constexpr size_t kUntouched = size_t{1} << 30;
constexpr size_t kSmall = size_t{1} << 20;

void* Map(const char* name, size_t size, int protection, int flags, int fd = -1) {
  void* mapped = mmap(nullptr, size, protection, flags, fd, 0);
  if (mapped == MAP_FAILED) std::abort();
  madvise(mapped, size, MADV_NOHUGEPAGE);
  std::printf("%s %p %zu\n", name, mapped, size);
  return mapped;
}

void* Wait(void*) {
  pause();
  return nullptr;
}

void StartThread(const char* name) {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, Wait, nullptr) != 0) std::abort();
  pthread_setname_np(thread, name);
}

}  // namespace

int main(int, char** argv) {
  constexpr int kReadWrite = PROT_READ | PROT_WRITE;
  constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  auto* touched = static_cast<uint64_t*>(Map("touched", kTouched, kReadWrite, kAnonymous));
  for (size_t i = 0; i < kTouched / sizeof(uint64_t); ++i) touched[i] = i;
  Map("untouched", kUntouched, kReadWrite, kAnonymous);
  Map("none", kSmall, PROT_NONE, kAnonymous);

  int file = open(argv[1], O_RDWR | O_CLOEXEC);
  if (file < 0) std::abort();
  Map("file_private", kSmall, PROT_READ, MAP_PRIVATE, file);
  Map("file_shared", kSmall, kReadWrite, MAP_SHARED, file);
  auto* written = static_cast<char*>(Map("file_written", kSmall, kReadWrite, MAP_PRIVATE, file));
  std::strcpy(written + 4096, "written by the program");

  int memory = memfd_create("shared", MFD_CLOEXEC);
  if (memory < 0 || ftruncate(memory, kSmall) != 0) std::abort();
  auto* shared = static_cast<char*>(Map("memfd", kSmall, kReadWrite, MAP_SHARED, memory));
  std::strcpy(shared, "shared memory");

  StartThread("reader");
  StartThread("writer");
  std::puts("ready");
  std::fflush(stdout);

  char line[256];
  while (std::fgets(line, sizeof(line), stdin) != nullptr) {
    unsigned long long address = 0;
    size_t bytes = 0;
    if (std::sscanf(line, "drop %llx %zu", &address, &bytes) == 2) {
      bool ok = madvise(reinterpret_cast<void*>(address), bytes, MADV_DONTNEED) == 0;
      std::puts(ok ? "dropped" : "failed");
    } else if (std::strcmp(line, "exec\n") == 0) {
      execv("/proc/self/exe", argv);
    } else {
      std::_Exit(0);
    }
    std::fflush(stdout);
  }
  return 0;
}
