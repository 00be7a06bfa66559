#include "heap/freeze/interrupted_call.h"

#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

namespace seep {
namespace {

// Calls that have changed nothing when they return EINTR. Not close: the descriptor is gone then.
constexpr long kRepeatable[] = {
    SYS_epoll_wait,  SYS_epoll_pwait,  SYS_epoll_pwait2,  SYS_rt_sigtimedwait, SYS_semop,
    SYS_semtimedop,  SYS_io_getevents, SYS_io_pgetevents, SYS_io_uring_enter,  SYS_read,
    SYS_readv,       SYS_write,        SYS_writev,        SYS_recvfrom,        SYS_recvmsg,
    SYS_recvmmsg,    SYS_sendto,       SYS_sendmsg,       SYS_sendmmsg,        SYS_accept,
    SYS_accept4,     SYS_connect,      SYS_select,        SYS_pselect6,        SYS_poll,
    SYS_ppoll,       SYS_futex,        SYS_msgrcv,        SYS_msgsnd,          SYS_mq_timedreceive,
    SYS_mq_timedsend};

}  // namespace

bool RestartInterruptedCall(user_regs_struct* registers) {
  bool repeatable = std::ranges::count(kRepeatable, static_cast<long>(registers->orig_rax)) > 0;
  if (!repeatable || static_cast<long>(registers->rax) != -EINTR) return false;
  registers->rax = static_cast<unsigned long long>(kRestartNoHandler);
  return true;
}

bool WillRestart(const user_regs_struct& registers) {
  auto result = static_cast<long>(registers.rax);
  return static_cast<long>(registers.orig_rax) >= 0 &&
         (result == kRestartSys || result == kRestartNoIntr || result == kRestartNoHandler ||
          result == kRestartBlock);
}

}  // namespace seep
