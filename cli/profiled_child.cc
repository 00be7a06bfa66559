#include "cli/profiled_child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/unique_fd.h"

namespace seep {
namespace {

constexpr int kForwarded[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,  SIGUSR1,
                              SIGUSR2, SIGALRM, SIGCONT, SIGWINCH, SIGPIPE};

sigset_t WatchedSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : kForwarded) sigaddset(&set, signal);
  sigaddset(&set, SIGCHLD);
  return set;
}

void Prepend(const char* variable, const std::string& value, const char* separator) {
  const char* old = getenv(variable);
  std::string all = old == nullptr || *old == '\0' ? value : absl::StrCat(value, separator, old);
  setenv(variable, all.c_str(), 1);
}

void Append(const char* variable, const std::string& value, const char* separator) {
  const char* old = getenv(variable);
  std::string all = old == nullptr || *old == '\0' ? value : absl::StrCat(old, separator, value);
  setenv(variable, all.c_str(), 1);
}

[[noreturn]] void Execute(const ProfiledProgram& program, int report_fd) {
  Prepend("LD_PRELOAD", program.library, ":");
  if (!program.seep_options.empty()) Append("SEEP_OPTIONS", program.seep_options, ":");
  std::vector<char*> arguments;
  for (const std::string& argument : program.command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // execvp's signature
  }
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  int error = errno;
  if (write(report_fd, &error, sizeof(error)) < 0) _exit(127);
  _exit(127);
}

}  // namespace

absl::StatusOr<pid_t> StartProfiled(const ProfiledProgram& program) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return FileError("pipe", "cannot create", errno);
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  // Blocked from before the fork, so that no signal is lost; the child gets its own mask back.
  sigset_t watched = WatchedSignals();
  sigset_t old;
  sigprocmask(SIG_BLOCK, &watched, &old);
  pid_t child = fork();
  if (child < 0) return FileError("fork", "cannot start a process", errno);
  if (child == 0) {
    sigprocmask(SIG_SETMASK, &old, nullptr);
    Execute(program, writer.get());
  }
  writer = UniqueFd();
  int error = 0;
  if (read(reader.get(), &error, sizeof(error)) == static_cast<ssize_t>(sizeof(error))) {
    waitpid(child, nullptr, 0);
    return FileError(program.command[0], "cannot execute", error);
  }
  return child;
}

int WaitForwarding(pid_t child, const std::function<void()>& each_second) {
  sigset_t watched = WatchedSignals();
  for (;;) {
    int status = 0;
    pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child && WIFEXITED(status)) return WEXITSTATUS(status);
    if (ended == child && WIFSIGNALED(status)) return 128 + WTERMSIG(status);
    if (ended < 0 && errno != EINTR) return 127;
    timespec second{1, 0};
    siginfo_t info{};
    int signal = sigtimedwait(&watched, &info, &second);
    if (signal < 0 && errno == EAGAIN) each_second();
    if (signal > 0 && signal != SIGCHLD && info.si_code != SI_KERNEL) kill(child, signal);
  }
}

}  // namespace seep
