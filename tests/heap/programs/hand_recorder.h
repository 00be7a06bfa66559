// A recording of this very process, mapped shared as the profiler would, written by hand.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "heap/process_identity.h"
#include "tests/heap/recording_fixture.h"

namespace seep::testing {

inline uint64_t MonotonicNow() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

class HandRecorder {
 public:
  explicit HandRecorder(const std::string& path) : path_(path) {
    ProcessIdentity self = *ReadProcessIdentity(static_cast<uint32_t>(getpid()));
    recording::Header& header = fixture_.header();
    std::strcpy(header.boot_id, ReadBootId()->c_str());
    header.pid = self.pid_in_namespace;
    header.pid_namespace = *self.pid_namespace;
    header.start_ticks = self.start_ticks;
    header.started.monotonic_ns = MonotonicNow();
    header.random = header.started.monotonic_ns;
    WriteBytes(path, fixture_.bytes());
    int fd = open(path.c_str(), O_RDWR);
    mapped_ = static_cast<std::byte*>(
        mmap(nullptr, fixture_.bytes().size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    close(fd);
  }

  recording::LiveSlot& Slot(uint32_t index) {
    uint64_t offset = fixture_.header().sections[recording::kSlots].offset;
    return reinterpret_cast<recording::LiveSlot*>(mapped_ + offset)[index];
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  RecordingFixture fixture_;
  std::byte* mapped_;
};

}  // namespace seep::testing
