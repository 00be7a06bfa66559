// loader A B TURNS: loads and unloads two libraries in turn, mostly to the same place, and has each
// allocate a block that stays and some that go, while other threads allocate on their own.
#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

std::atomic<bool> g_stop;

void Churn() {
  unsigned random = 1;
  while (!g_stop.load()) free(malloc(16 + (random = random * 1664525 + 1013904223) % 100));
}

int Turn(const char* path, const char* label) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return 3;
  auto allocate = reinterpret_cast<void* (*)(const char*)>(dlsym(library, "Allocate"));
  if (allocate == nullptr) return 4;
  allocate(label);
  for (int i = 0; i < 10; ++i) free(allocate(label));
  return dlclose(library) == 0 ? 0 : 5;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::thread first(Churn), second(Churn);
  int error = 0;
  for (int turn = 0; turn < atoi(argv[3]) && error == 0; ++turn) {
    error = Turn(argv[1 + turn % 2], turn % 2 == 0 ? "a" : "b");
  }
  g_stop = true;
  first.join();
  second.join();
  _exit(error);
}
