#include "tests/heap/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace seep::testing {

ChildProcess::ChildProcess(const std::string& program, const std::vector<std::string>& arguments) {
  int to_child[2];
  int from_child[2];
  if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(from_child, O_CLOEXEC) != 0) std::abort();
  pid_ = fork();
  if (pid_ < 0) std::abort();
  if (pid_ == 0) {
    dup2(to_child[0], STDIN_FILENO);
    dup2(from_child[1], STDOUT_FILENO);
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  close(to_child[0]);
  close(from_child[1]);
  input_ = to_child[1];
  output_ = from_child[0];
  for (std::string line = ReadLine(); !line.empty(); line = ReadLine()) {
    if (line == "ready") {
      ready_ = true;
      break;
    }
    lines_.push_back(line);
  }
}

ChildProcess::~ChildProcess() {
  close(input_);
  close(output_);
  Reap();
}

void KillOne(pid_t pid) {
  if (pid <= 1) std::abort();
  kill(pid, SIGKILL);
}

void ChildProcess::KillWithoutReaping() {
  KillOne(pid_);
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
}

void ChildProcess::Reap() {
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string ChildProcess::Ask(const std::string& line) {
  std::string text = line + "\n";
  if (write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) return "";
  return ReadLine();
}

std::string ChildProcess::ReadLine() {
  std::string line;
  char c;
  while (read(output_, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

}  // namespace seep::testing
