// own_arena COUNT: makes COUNT objects in memory of its own, says "ready", waits for the end of
// input.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <new>

struct Landlord {
  virtual ~Landlord() = default;
  uint64_t rent = 1;
};
struct House {
  virtual ~House() = default;
  uint64_t rooms = 2;
};
struct Tenant final : Landlord, House {
  uint64_t name = 3;
};

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  uint64_t count = strtoull(argv[1], nullptr, 10);
  void* memory = mmap(nullptr, (count + 1) * sizeof(Tenant), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  auto* place = static_cast<char*>(memory) + 8;
  for (uint64_t i = 0; i < count; ++i) new (place + i * sizeof(Tenant)) Tenant;
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  _exit(0);
}
