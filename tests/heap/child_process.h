// A helper program that prints what is true of itself, line by line, ends with "ready", and then
// waits until its standard input is closed.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace seep::testing {

// SIGKILL to that process alone: kill() takes 0 and −1 for "many", and a test that was handed such
// a pid must end itself instead.
void KillOne(pid_t pid);

class ChildProcess {
 public:
  // Runs `program`; returns once it is ready (or has ended).
  explicit ChildProcess(const std::string& program, const std::vector<std::string>& arguments = {});
  // Lets it end, and waits for that.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  uint32_t pid() const { return static_cast<uint32_t>(pid_); }
  const std::vector<std::string>& lines() const { return lines_; }
  bool ready() const { return ready_; }

  // SIGKILL; from then on it is a zombie.
  void KillWithoutReaping();
  // Waits for its end. It has no pid any more.
  void Reap();

  // Sends a line and reads the answer, one line.
  std::string Ask(const std::string& line);

 private:
  std::string ReadLine();
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  bool ready_ = false;
  std::vector<std::string> lines_;
};

}  // namespace seep::testing
