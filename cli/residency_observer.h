// Watches a prepared process from outside and writes its resident size into its recording, once a
// second: the profiler itself makes no system calls for it, as a process under seccomp could not.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace seep {

class ResidencyObserver {
 public:
  // Null: the recording cannot be written, or another observer watches it.
  static std::unique_ptr<ResidencyObserver> Attach(const std::string& recording, uint32_t pid);
  ~ResidencyObserver();

  // Writes one line: now. Keeps quiet about failures; the process may be ending.
  void Observe();

 private:
  ResidencyObserver(int fd, uint32_t pid) : fd_(fd), pid_(pid) {}
  int fd_;  // locked while we watch
  uint32_t pid_;
  uint64_t offset_ = 0;  // of the section
  uint64_t record_size_ = 0;
  uint64_t number_ = 0;
};

}  // namespace seep
