// signal_storm SECONDS: threads allocate and free, and so does a signal handler that interrupts
// them every millisecond by a timer, and as often as a thread can send signals. Prints how many
// blocks of either are live at the end, "main N" and "handler N", and waits for the end of input.
// Needs an allocator that is async-signal-safe.
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "profiler/include/seep/seep.h"

namespace {

constexpr size_t kPlaces = 4096;
std::atomic<void*> g_main[kPlaces], g_handler[kPlaces];
std::atomic<bool> g_stop;
std::atomic<unsigned> g_signals;

// Puts a new block, or none, into a place, and frees what was there.
void Turn(std::atomic<void*>* places, unsigned random) {
  size_t size = 16 + (random >> 20) % 200;
  void* block = (random >> 16) % 2 == 0 ? nullptr : malloc(size);
  free(places[random % kPlaces].exchange(block));
}

void OnSignal(int) {
  int saved = errno;
  seep::ScopedLabel label("by", "handler");
  unsigned random = g_signals.fetch_add(1) * 2654435761u;
  for (unsigned i = 0; i < 8; ++i) Turn(g_handler, random += 1013904223u);
  errno = saved;
}

void Churn(unsigned random) {
  seep::ScopedLabel label("by", "main");
  while (!g_stop.load()) Turn(g_main, random = random * 1664525 + 1013904223);
}

size_t Live(const std::atomic<void*>* places) {
  size_t live = 0;
  for (size_t i = 0; i < kPlaces; ++i) live += places[i].load() != nullptr;
  return live;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  struct sigaction action {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 3; ++seed) threads.emplace_back(Churn, seed);
  itimerval timer{{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &timer, nullptr);
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(atoi(argv[1]));
  while (std::chrono::steady_clock::now() < end) {
    for (std::thread& thread : threads) pthread_kill(thread.native_handle(), SIGALRM);
    usleep(50);
  }
  timer = {};
  setitimer(ITIMER_REAL, &timer, nullptr);
  g_stop = true;
  for (std::thread& thread : threads) thread.join();
  printf("main %zu\nhandler %zu\nsignals %u\n", Live(g_main), Live(g_handler), g_signals.load());
  fflush(stdout);
  char c;
  while (read(STDIN_FILENO, &c, 1) == 1) {
  }
}
