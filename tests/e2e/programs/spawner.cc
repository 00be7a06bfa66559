// spawner PROGRAM ARGUMENT…: allocates 100 blocks, starts the program by vfork and exec, waits for
// it, and allocates 50 more.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "profiler/include/seep/seep.h"

namespace {

void Allocate(void** blocks, int count) {
  seep::ScopedLabel label("by", "spawner");
  for (int i = 0; i < count; ++i) blocks[i] = malloc(100);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  static void* blocks[150];
  Allocate(blocks, 100);
  printf("spawner %d\n", getpid());
  fflush(stdout);
  pid_t child = vfork();
  if (child == 0) {
    execv(argv[1], argv + 1);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Allocate(blocks + 100, 50);
  return status == 0 ? 0 : 1;
}
