// echo_signals: says which signal it got, SIGUSR1 or SIGTERM, and ends with the latter, code 42.
#include <signal.h>
#include <unistd.h>

#include <cstdio>

int main() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGUSR1);
  sigaddset(&wanted, SIGTERM);
  sigprocmask(SIG_BLOCK, &wanted, nullptr);
  printf("ready %d\n", getpid());
  fflush(stdout);
  for (;;) {
    int signal = 0;
    sigwait(&wanted, &signal);
    printf("%s\n", signal == SIGUSR1 ? "SIGUSR1" : "SIGTERM");
    fflush(stdout);
    if (signal == SIGTERM) return 42;
  }
}
