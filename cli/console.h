// Words to the person at the terminal. Results go to stdout, everything else to stderr.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace seep {

// "seep: ..." on stderr, control characters made visible.
void Say(std::string_view message);

// The error without its code's name.
void SayError(const absl::Status& status);

bool IsTerminal(int fd);

// Columns of the terminal on stdout; where it is none, $COLUMNS, else 80.
size_t TerminalWidth();

// A path or argument as a shell would need it typed.
std::string ShellQuoted(std::string_view argument);

// One line on stderr that is drawn over and over; nothing where stderr is no terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(size_t done, size_t total);

 private:
  std::string what_;
  bool enabled_;
  int shown_percent_ = -1;
};

// The same for work of unknown length: "counting live blocks: 12,345,678".
class CountLine {
 public:
  explicit CountLine(std::string what);
  ~CountLine();
  CountLine(const CountLine&) = delete;
  CountLine& operator=(const CountLine&) = delete;

  void Show(uint64_t count);

 private:
  std::string what_;
  bool enabled_;
  bool shown_ = false;
};

}  // namespace seep
