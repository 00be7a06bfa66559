// What a ptrace stop does to a thread that waits in a system call.
//
// The call ends early inside the kernel, with the stop before user space sees the result:
//
//   rax at the stop                      what the kernel does when the thread goes on
//   −512, −513, −514  ERESTART…          makes the call again, or EINTR where a handler has run
//   −516  ERESTART_RESTARTBLOCK          goes on with what is left of a timeout
//   −4  EINTR                            hands it to the program
//
// The last would be a failed call that the program never saw before: signal(7), "Interruption of
// system calls … even in absence of signal handlers". Such a call gets −514 (ERESTARTNOHAND)
// instead, so that the kernel makes it again, but not where a signal handler runs first: a loop
// that relies on EINTR after its handler still gets it. (rip −= 2, as one finds it elsewhere, would
// lose that EINTR.)
//
// A relative timeout of such a call starts anew, since nothing says how long the thread has waited:
// epoll_wait, rt_sigtimedwait, semtimedop, and sockets with SO_RCVTIMEO or SO_SNDTIMEO wait up to
// one timeout longer for each stop.
#pragma once

#include <sys/user.h>

namespace seep {

// From the kernel's include/linux/errno.h; programs never see them.
inline constexpr long kRestartSys = -512;
inline constexpr long kRestartNoIntr = -513;
inline constexpr long kRestartNoHandler = -514;
inline constexpr long kRestartBlock = -516;

// At a stop: lets the call be made again if the stop made it fail. True: `registers` changed.
bool RestartInterruptedCall(user_regs_struct* registers);

// Is the thread at the end of a system call that will be made again?
bool WillRestart(const user_regs_struct& registers);

}  // namespace seep
