// Programs that a test starts, talks to and ends. Each ends with the test at the latest, and a test
// never waits longer than kPatience for one.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace seep::e2e {

inline constexpr std::chrono::seconds kPatience{120};

struct Launch {
  std::vector<std::string> command;
  std::vector<std::string> environment = {};  // "NAME=value", added to ours
  std::string input = {};                     // all that RunToEnd gives it to read
  bool own_session = false;                   // it leads a session and process group
  std::function<void()> before_exec = {};     // in the new process
};

// The launch with libseep.so preloaded. `options`: SEEP_OPTIONS.
Launch Profiled(std::vector<std::string> command, const std::string& options);

// Where the build put its programs and libraries: "seep", "stress", …
std::string Program(const std::string& name);

struct Outcome {
  int code = -1;  // exit code, or 128 + the signal that ended it
  std::string out;
  std::string err;
};
// Runs it to its end.
Outcome RunToEnd(const Launch& launch);

class Process {
 public:
  // With its standard input and output in our hands.
  explicit Process(const Launch& launch);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  std::string Path(const std::string& file) const;  // /proc/PID/file

  // The next line that it prints, without its newline; "" at the end of output.
  std::string ReadLine();
  void Send(const std::string& line);
  void CloseInput();

  void Signal(int signal);
  // SIGSTOP; returns when every thread stands still.
  void Stop();
  // As in Outcome.
  int Wait();
  int Kill();

 private:
  pid_t pid_;
  int input_;
  int output_;
  int code_ = -1;
};

}  // namespace seep::e2e
