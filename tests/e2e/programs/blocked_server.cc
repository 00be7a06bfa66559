// blocked_server [MIB]: threads that wait for ever in the calls that a stop could break, others
// that are busy, and a watch on what nobody should notice. MIB: of touched memory, in 4 KiB pages.
// Answers each line of its input:
//
//   report   "failed N wrong N signals SENT HANDLED sigchld N children N calls N"
//              failed: calls that ended otherwise than this program meant
//              wrong: results of computations        calls: made and verified so far, a sign of
//              life
//   fork     microseconds that a fork() of its own takes
#include <immintrin.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

std::atomic<uint64_t> g_failed, g_wrong, g_calls, g_sent, g_handled, g_sigchld, g_children;
std::atomic<int> g_waiting;

void Failed(const char* call, long result) {
  if (g_failed.fetch_add(1) < 10) fprintf(stderr, "%s: %ld %s\n", call, result, strerror(errno));
}

// A call that nothing ends: whatever it returns is a failure.
void WaitForEver(const char* name, std::function<long()> call) {
  std::thread([=] {
    ++g_waiting;
    for (;;) Failed(name, call());
  }).detach();
}

int Epoll() {
  static int ends[2];
  if (pipe(ends) != 0) abort();
  int epoll = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
  return epoll;
}

int SilentSocket(long seconds) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) abort();
  timeval timeout{seconds, 0};
  setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  return ends[0];
}

void StartWaiting() {
  constexpr int kLong = 1'000'000;  // ms
  static int epoll = Epoll();
  static int socket = SilentSocket(1000);
  static int semaphore = semget(IPC_PRIVATE, 1, 0600);
  static int silent[2];
  static int futex_word = 7;
  static timespec seconds{1000, 0};
  if (pipe(silent) != 0) abort();
  WaitForEver("epoll_wait", [] {
    epoll_event event;
    return epoll_wait(epoll, &event, 1, -1);
  });
  WaitForEver("timed epoll_wait", [] {
    epoll_event event;
    return epoll_wait(epoll, &event, 1, kLong);
  });
  WaitForEver("sigtimedwait", [] {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return sigtimedwait(&set, nullptr, &seconds);
  });
  WaitForEver("semop", [] {
    sembuf down{0, -1, 0};
    return semop(semaphore, &down, 1);
  });
  WaitForEver("recv", [] {
    char byte;
    return recv(socket, &byte, 1, 0);
  });
  WaitForEver("nanosleep", [] { return nanosleep(&seconds, nullptr); });
  WaitForEver("poll", [] {
    pollfd p{silent[0], POLLIN, 0};
    return poll(&p, 1, kLong);
  });
  WaitForEver("futex", [] {
    return syscall(SYS_futex, &futex_word, FUTEX_WAIT_PRIVATE, 7, &seconds, nullptr, 0);
  });
  WaitForEver("read", [] {
    char byte;
    return read(silent[0], &byte, 1);
  });
  while (g_waiting < 9) usleep(1000);
  usleep(100'000);  // into the calls
  // It goes with its last user, or with the machine: IPC_RMID would end the wait.
  atexit([] { semctl(semaphore, 0, IPC_RMID); });
}

// Everything in vector registers, the upper halves too.
__attribute__((target("avx2"), noinline)) uint64_t Vectors(uint64_t seed) {
  __m256i sum = _mm256_set1_epi64x(static_cast<long long>(seed));
  __m256i step = _mm256_set_epi64x(3, 5, 7, 11);
  for (int i = 0; i < 200'000; ++i) {
    sum = _mm256_add_epi64(_mm256_xor_si256(sum, _mm256_slli_epi64(sum, 7)), step);
  }
  alignas(32) uint64_t parts[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(parts), sum);
  return parts[0] ^ parts[1] * 3 ^ parts[2] * 5 ^ parts[3] * 7;
}

__attribute__((noinline)) uint64_t Scalars(uint64_t seed) {
  double x = static_cast<double>(seed % 97) / 97;
  uint64_t n = seed;
  for (int i = 0; i < 200'000; ++i) {
    x = 3.99 * x * (1 - x);
    n = n * 6364136223846793005u + 1442695040888963407u;
  }
  return n ^ static_cast<uint64_t>(x * 1e18);
}

void Compute() {
  uint64_t (*work)(uint64_t) = __builtin_cpu_supports("avx2") ? Vectors : Scalars;
  uint64_t vectors = work(42), scalars = Scalars(42);
  for (;; ++g_calls) {
    if (work(42) != vectors || Scalars(42) != scalars) ++g_wrong;
    usleep(1000);
  }
}

// The other halves of servers: requests over a socket with a timeout, and timers.
void Serve(int fd) {
  for (uint64_t number; recv(fd, &number, sizeof(number), MSG_WAITALL) == sizeof(number);) {
    number = number * 3 + 1;
    if (send(fd, &number, sizeof(number), 0) != sizeof(number)) Failed("send", -1);
  }
  Failed("serve", -1);
}

void Request(int fd) {
  timeval timeout{60, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  for (uint64_t i = 0;; ++i, ++g_calls) {
    uint64_t number = i;
    ssize_t sent = send(fd, &number, sizeof(number), 0);
    ssize_t got = recv(fd, &number, sizeof(number), MSG_WAITALL);
    if (sent != sizeof(number) || got != sizeof(number)) Failed("request", got);
    // Not to take every later answer for a wrong one.
    while (got < 0) got = recv(fd, &number, sizeof(number), MSG_WAITALL);
    if (number != i * 3 + 1) ++g_wrong;
    timespec pause{0, 200'000};
    if (nanosleep(&pause, nullptr) != 0) Failed("short nanosleep", -1);
  }
}

void Tick() {
  int epoll = Epoll();
  for (;; ++g_calls) {
    epoll_event event;
    int ready = epoll_wait(epoll, &event, 1, 1);
    if (ready != 0) Failed("short epoll_wait", ready);
    int status;
    // A child that is none of its own.
    if (waitpid(-1, &status, WNOHANG) != -1 || errno != ECHILD) ++g_children;
  }
}

void SendSignals(pthread_t to) {
  for (;; usleep(500)) {
    if (pthread_kill(to, SIGRTMIN) == 0) ++g_sent;
  }
}

void Answer(const std::string& line) {
  if (line == "report") {
    printf("failed %lu wrong %lu signals %lu %lu sigchld %lu children %lu calls %lu\n",
           g_failed.load(), g_wrong.load(), g_sent.load(), g_handled.load(), g_sigchld.load(),
           g_children.load(), g_calls.load());
  } else {
    auto start = std::chrono::steady_clock::now();
    long child = syscall(SYS_fork);
    if (child == 0) _exit(0);
    auto took = std::chrono::steady_clock::now() - start;
    waitpid(static_cast<pid_t>(child), nullptr, 0);
    printf("%ld\n", std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  }
  fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  size_t bytes = argc > 1 ? strtoull(argv[1], nullptr, 10) << 20 : 0;
  if (bytes > 0) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, bytes, MADV_NOHUGEPAGE);
    memset(memory, 1, bytes);
  }
  signal(SIGRTMIN, [](int) { ++g_handled; });
  signal(SIGCHLD, [](int) { ++g_sigchld; });
  sigset_t user2;
  sigemptyset(&user2);
  sigaddset(&user2, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &user2, nullptr);
  StartWaiting();
  if (bytes == 0) {
    std::thread computing(Compute);
    std::thread(SendSignals, computing.native_handle()).detach();
    computing.detach();
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) abort();
    std::thread(Serve, ends[0]).detach();
    std::thread(Request, ends[1]).detach();
    std::thread(Tick).detach();
  }
  puts("ready");
  fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) Answer(line);
  exit(0);
}
