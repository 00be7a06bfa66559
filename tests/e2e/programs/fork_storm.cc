// fork_storm CHILDREN: forks again and again while its threads allocate and free as fast as they
// can. Each child does the same for a moment, with blocks of its own and inherited ones, and ends.
// Exit code 0: every child did.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "profiler/include/seep/seep.h"

namespace {

constexpr size_t kShared = 4096;
std::atomic<void*> g_shared[kShared];

void Churn(unsigned seed, int turns) {
  seep::ScopedLabel label("by", "churn");
  for (int turn = 0; turns < 0 || turn < turns; ++turn) {
    seed = seed * 1664525 + 1013904223;
    free(g_shared[(seed >> 8) % kShared].exchange(malloc(16 + (seed >> 24))));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (unsigned seed = 1; seed <= 3; ++seed) std::thread(Churn, seed, -1).detach();
  for (int i = 0; i < atoi(argv[1]); ++i) {
    pid_t child = fork();
    if (child == 0) {
      alarm(20);
      std::thread other(Churn, 7, 2000);
      Churn(8, 2000);
      other.join();
      seep_mark("child");
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status == 0) continue;
    printf("child %d ended with status %#x\n", i, status);
    fflush(stdout);
    _exit(1);
  }
  _exit(0);
}
