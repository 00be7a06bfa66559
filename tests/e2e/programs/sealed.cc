// sealed: allocates, then gives up all system calls but those that malloc makes, exit and write, as
// a sandboxed program would, and goes on allocating for two seconds. A forbidden call kills it.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <iterator>

namespace {

bool Seal() {
  constexpr unsigned kAllowed[] = {SYS_brk,   SYS_mmap,     SYS_munmap, SYS_mremap,
                                   SYS_futex, SYS_mprotect, SYS_write,  SYS_exit_group,
                                   SYS_exit,  SYS_madvise};
  constexpr size_t kCount = std::size(kAllowed);
  sock_filter filter[kCount + 3] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
  for (size_t i = 0; i < kCount; ++i) {
    filter[i + 1] =
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kAllowed[i], static_cast<unsigned char>(kCount - i), 0);
  }
  filter[kCount + 1] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  filter[kCount + 2] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  sock_fprog program = {std::size(filter), filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

void Churn(double seconds) {
  static void* blocks[4096];
  timespec start{}, now{};
  clock_gettime(CLOCK_MONOTONIC, &start);
  unsigned random = 1;
  do {
    for (int i = 0; i < 10'000; ++i) {
      random = random * 1664525 + 1013904223;
      void*& block = blocks[(random >> 8) % 4096];
      free(block);
      block = (random >> 7) % 2 == 0 ? nullptr : malloc(16 + (random >> 22));
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while (static_cast<double>(now.tv_sec - start.tv_sec) +
               1e-9 * static_cast<double>(now.tv_nsec - start.tv_nsec) <
           seconds);
}

}  // namespace

int main() {
  Churn(0.05);
  if (!Seal()) _exit(77);
  Churn(2.2);
  constexpr char kSurvived[] = "survived\n";
  if (write(STDOUT_FILENO, kSurvived, sizeof(kSurvived) - 1) < 0) _exit(3);
  _exit(0);
}
