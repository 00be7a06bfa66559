// What every example program shares: its flags, its truth and its end.
//
//   Program program("name", "What it does.");
//   program.flags().Add(…);
//   if (std::optional<int> exit_status = program.Start(argc, argv)) return *exit_status;
//   … threads …
//   program.RunUntil(Program::Clock::time_point::max());
//   … join them …
//   program.PrintTruth();
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "examples/support/flags.h"
#include "examples/support/truth.h"

namespace examples {

class Program {
 public:
  using Clock = std::chrono::steady_clock;

  Program(std::string name, std::string summary);

  // Has --seconds, --truth and --print-truth.
  Flags& flags() { return flags_; }

  // Call before the first thread: blocks SIGINT and SIGTERM, which RunUntil then waits for. The
  // exit status where the program has to end at once.
  std::optional<int> Start(int argc, char** argv);

  Truth& truth() { return *truth_; }

  // Sleeps until `when`. False, at once, when the program is to end: SIGINT, SIGTERM, or its
  // --seconds are over.
  bool RunUntil(Clock::time_point when);

  // The final truth on stdout.
  void PrintTruth() const;

 private:
  std::string name_;
  Flags flags_;
  uint64_t seconds_ = 600;
  std::string truth_path_;
  std::string print_truth_path_;
  std::unique_ptr<Truth> truth_;
  Clock::time_point end_;
};

}  // namespace examples
