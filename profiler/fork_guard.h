// Tells a forked child from its parent, however it was forked: handlers of pthread_atfork miss
// _Fork and the raw system call, and getpid is a system call. The kernel wipes one page of ours in
// every child that has its own memory (MADV_WIPEONFORK, Linux 4.14); a vfork child shares its
// parent's memory and is rightly taken for the parent.
#pragma once

namespace seep::profiler {

// Once, at start-up. False: the kernel cannot.
bool ArmForkGuard();

// At every slow path. On the first call in a forked child runs enter_child() in one thread; others
// wait for it. False: not now, because a signal handler interrupted the profiler in this thread;
// keep away from the recording, it is the parent's.
bool PassForkGuard(void (*enter_child)());

}  // namespace seep::profiler
