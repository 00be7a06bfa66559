#include "heap/freeze/guardian.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string>
#include <utility>

#include "base/file.h"

namespace seep {
namespace {

struct Message {
  GuardianReport report;
  absl::StatusCode code = absl::StatusCode::kOk;
  std::array<char, 1000> text = {};  // of the status, cut
};

[[noreturn]] void BeGuardian(int link_fd, const std::function<void(GuardianLink&)>& work) {
  setsid();
  prctl(PR_SET_NAME, "seep-guardian");
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  // Else a pipe or socket of Seep's would stay open while the guardian lives.
  int link = dup2(link_fd, 3);
  close_range(4, UINT_MAX, 0);
  GuardianLink to_seep(link);
  work(to_seep);
  _exit(0);
}

}  // namespace

void GuardianLink::Send(const absl::StatusOr<GuardianReport>& report) {
  Message message;
  if (report.ok()) {
    message.report = *report;
  } else {
    message.code = report.status().code();
    absl::string_view text = report.status().message();
    memcpy(message.text.data(), text.data(), std::min(text.size(), message.text.size() - 1));
  }
  // Nobody there: Seep has been killed, and the work goes on to its end.
  [[maybe_unused]] ssize_t sent = send(fd_, &message, sizeof(message), MSG_NOSIGNAL);
}

bool GuardianLink::AwaitRelease(std::chrono::nanoseconds patience) {
  patience = std::max(patience, std::chrono::nanoseconds(0));
  timespec timeout{patience.count() / 1'000'000'000, patience.count() % 1'000'000'000};
  pollfd link{fd_, POLLIN, 0};
  return ppoll(&link, 1, &timeout, nullptr) != 0;
}

absl::StatusOr<Guardian> Guardian::Start(const std::function<void(GuardianLink&)>& work) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return FileError("socketpair", "cannot start the guardian process", errno);
  }
  UniqueFd ours(ends[0]);
  UniqueFd its(ends[1]);
  pid_t pid = fork();
  if (pid < 0) return FileError("fork", "cannot start the guardian process", errno);
  if (pid == 0) BeGuardian(its.get(), work);
  return Guardian(pid, std::move(ours));
}

Guardian::Guardian(Guardian&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), link_(std::move(other.link_)) {}

Guardian::~Guardian() {
  if (pid_ <= 0) return;
  Release();
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Guardian::Release() { shutdown(link_.get(), SHUT_WR); }

absl::StatusOr<GuardianReport> Guardian::Receive() {
  Message message;
  ssize_t size = 0;
  do {
    size = recv(link_.get(), &message, sizeof(message), 0);
  } while (size < 0 && errno == EINTR);
  if (size != sizeof(message)) {
    return absl::AbortedError("the guardian process that stops threads has ended unexpectedly");
  }
  if (message.code != absl::StatusCode::kOk) {
    return absl::Status(message.code, message.text.data());
  }
  return message.report;
}

}  // namespace seep
