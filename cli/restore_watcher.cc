#include "cli/restore_watcher.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "cli/console.h"

namespace seep {
namespace {

bool RestoreAndSay(const std::function<absl::Status()>& restore) {
  absl::Status restored = restore();
  if (!restored.ok()) SayError(restored);
  return restored.ok();
}

[[noreturn]] void Watch(int pipe, const std::function<absl::Status()>& restore) {
  setsid();
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) {
    std::signal(signal, SIG_IGN);
  }
  char byte;
  while (read(pipe, &byte, 1) < 0 && errno == EINTR) {
  }
  _exit(RestoreAndSay(restore) ? 0 : 1);
}

}  // namespace

absl::StatusOr<RestoreWatcher> RestoreWatcher::Start(std::function<absl::Status()> restore) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ResourceExhaustedError("no pipe can be made");
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[1]);
    Watch(ends[0], restore);
  }
  close(ends[0]);
  if (pid < 0) {
    close(ends[1]);
    return absl::ResourceExhaustedError("no process can be made");
  }
  return RestoreWatcher(pid, ends[1], std::move(restore));
}

RestoreWatcher::RestoreWatcher(pid_t pid, int pipe, std::function<absl::Status()> restore)
    : pid_(pid), pipe_(pipe), restore_(std::move(restore)) {}

RestoreWatcher::RestoreWatcher(RestoreWatcher&& other) noexcept
    : pid_(other.pid_),
      pipe_(std::exchange(other.pipe_, -1)),
      restore_(std::move(other.restore_)) {}

RestoreWatcher::~RestoreWatcher() {
  if (pipe_ >= 0) Restore();
}

bool RestoreWatcher::Restore() {
  close(std::exchange(pipe_, -1));
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) == 0 : RestoreAndSay(restore_);
}

}  // namespace seep
