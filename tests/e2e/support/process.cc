#include "tests/e2e/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

namespace seep::e2e {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) abort();
    reader = ends[0];
    writer = ends[1];
  }
  int reader, writer;
};

pid_t Start(const Launch& launch, int in, int out, int err) {
  std::vector<char*> arguments;
  for (const std::string& word : launch.command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  pid_t pid = fork();
  if (pid != 0) return pid;
  if (launch.own_session) setsid();
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  if (err >= 0) dup2(err, STDERR_FILENO);
  for (const std::string& assignment : launch.environment) {
    size_t equals = assignment.find('=');
    setenv(assignment.substr(0, equals).c_str(), assignment.substr(equals + 1).c_str(), 1);
  }
  if (launch.before_exec) launch.before_exec();
  execvp(arguments[0], arguments.data());
  _exit(127);
}

int CodeOf(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Waits for the end; kills what does not end in time.
int Reap(pid_t pid) {
  auto deadline = Clock::now() + kPatience;
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() > deadline && pid > 1) kill(pid, SIGKILL);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return CodeOf(status);
}

}  // namespace

std::string Program(const std::string& name) { return std::string(SEEP_E2E_BIN) + "/" + name; }

Launch Profiled(std::vector<std::string> command, const std::string& options) {
  return {
      .command = std::move(command),
      .environment = {std::string("LD_PRELOAD=") + SEEP_E2E_LIBRARY, "SEEP_OPTIONS=" + options}};
}

Outcome RunToEnd(const Launch& launch) {
  Pipe in, out, err;
  pid_t pid = Start(launch, in.reader, out.writer, err.writer);
  close(in.reader);
  close(out.writer);
  close(err.writer);
  if (write(in.writer, launch.input.data(), launch.input.size()) < 0) abort();
  close(in.writer);

  Outcome outcome;
  auto deadline = Clock::now() + kPatience;
  pollfd streams[2] = {{out.reader, POLLIN, 0}, {err.reader, POLLIN, 0}};
  std::string* texts[2] = {&outcome.out, &outcome.err};
  while ((streams[0].fd >= 0 || streams[1].fd >= 0) && Clock::now() < deadline) {
    poll(streams, 2, 1000);
    for (int i = 0; i < 2; ++i) {
      if (streams[i].fd < 0 || streams[i].revents == 0) continue;
      char buffer[65536];
      ssize_t n = read(streams[i].fd, buffer, sizeof(buffer));
      if (n > 0) texts[i]->append(buffer, static_cast<size_t>(n));
      if (n <= 0) streams[i].fd = -1;
    }
  }
  if (Clock::now() >= deadline && pid > 1) kill(pid, SIGKILL);
  close(out.reader);
  close(err.reader);
  outcome.code = Reap(pid);
  return outcome;
}

Process::Process(const Launch& launch) {
  Pipe in, out;
  pid_ = Start(launch, in.reader, out.writer, -1);
  close(in.reader);
  close(out.writer);
  input_ = in.writer;
  output_ = out.reader;
}

Process::~Process() {
  CloseInput();
  if (pid_ > 0) Kill();
  close(output_);
}

std::string Process::Path(const std::string& file) const {
  return "/proc/" + std::to_string(pid_) + "/" + file;
}

std::string Process::ReadLine() {
  std::string line;
  pollfd stream{output_, POLLIN, 0};
  char c;
  while (poll(&stream, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) == 1 &&
         read(output_, &c, 1) == 1 && c != '\n') {
    line += c;
  }
  return line;
}

void Process::Send(const std::string& line) {
  std::string text = line + "\n";
  if (write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) abort();
}

void Process::CloseInput() {
  if (input_ >= 0) close(input_);
  input_ = -1;
}

void Process::Signal(int signal) {
  if (pid_ > 1) kill(pid_, signal);  // 0 and -1 are many
}

void Process::Stop() {
  Signal(SIGSTOP);
  int status = 0;
  waitpid(pid_, &status, WUNTRACED);
  if (WIFSTOPPED(status)) return;
  code_ = CodeOf(status);  // it has ended before
  pid_ = -1;
}

int Process::Wait() {
  if (pid_ > 0) code_ = Reap(pid_);
  pid_ = -1;
  return code_;
}

int Process::Kill() {
  Signal(SIGKILL);
  return Wait();
}

}  // namespace seep::e2e
