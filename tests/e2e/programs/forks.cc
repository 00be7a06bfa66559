// forks HOW: allocates 1,000 blocks, forks in the given way, and has the child free 300 of them and
// allocate 200 more; what is whose is told by labels. The child does all it can do to a profiler.
//
// Prints "parent PID", then "child PID" once the child exists; the child acts at the line "act" on
// standard input, prints "acted", and both end at the line "end".
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "profiler/include/seep/seep.h"

namespace {

constexpr int kBefore = 1000, kFreed = 300, kChild = 200, kAfter = 50;
void* g_blocks[kBefore];

void Allocate(const char* by, int count, void** blocks) {
  seep::ScopedLabel label("by", by);
  for (int i = 0; i < count; ++i) blocks[i] = malloc(static_cast<size_t>(100 + i));
}

// Without stdio: its locks and buffers are the parent's.
void Print(const char* what, pid_t pid) {
  char line[64];
  int length = snprintf(line, sizeof(line), "%s %d\n", what, pid);
  if (write(STDOUT_FILENO, line, static_cast<size_t>(length)) != length) _exit(3);
}

void AwaitLine(const char* wanted) {
  char line[16] = {};
  for (size_t n = 0; n < sizeof(line) - 1 && read(STDIN_FILENO, line + n, 1) == 1; ++n) {
    if (line[n] != '\n') continue;
    line[n] = '\0';
    if (strcmp(line, wanted) == 0) return;
    break;
  }
  _exit(4);
}

void ActAsChild() {
  AwaitLine("act");
  // First of all, before any sample has told the profiler that it is in a child.
  seep_stop();
  seep_set_interval(3);
  seep_start();
  seep_set_interval(1);
  for (int i = 0; i < kFreed; ++i) free(g_blocks[i]);
  void* own[kChild];
  Allocate("child", kChild, own);
  seep_mark("in the child");
  Print("acted", getpid());
  AwaitLine("end");
  _exit(0);
}

pid_t ForkAs(const std::string& how) {
  if (how == "fork") return fork();
  if (how == "_Fork") return _Fork();
  if (how == "clone") return static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  _exit(2);
}

// The child of a child that is gone, as a daemon is.
void Daemonize() {
  pid_t first = fork();
  if (first != 0) {
    waitpid(first, nullptr, 0);
    return;
  }
  setsid();
  if (fork() != 0) _exit(0);
  Print("child", getpid());
  ActAsChild();
}

void StartChild(const std::string& how) {
  if (how == "daemon") return Daemonize();
  pid_t child = ForkAs(how);
  if (child == 0) ActAsChild();
  Print("child", child);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::string how = argv[1];
  Allocate("parent", kBefore, g_blocks);
  Print("parent", getpid());
  int alive[2];  // its writing end lives as long as the child
  if (pipe(alive) != 0) return 3;
  StartChild(how);
  close(alive[1]);
  char none;
  if (read(alive[0], &none, 1) != 0) return 5;
  void* after[kAfter];
  Allocate("parent again", kAfter, after);
  Print("ended", getpid());
  AwaitLine("end");
}
