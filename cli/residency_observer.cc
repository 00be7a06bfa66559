#include "cli/residency_observer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <vector>

#include "heap/memory_use.h"
#include "heap/recording_file.h"
#include "snapshot/recording_format.h"

namespace seep {
namespace {

using recording::Residency;

uint64_t MonotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

// The ruler of recording_format.h.
uint64_t PlaceOf(uint64_t number) {
  auto level = std::min<uint64_t>(static_cast<uint64_t>(std::countr_zero(number)),
                                  recording::kResidencyLevels - 1);
  return level * recording::kResidenciesPerLevel +
         (number >> (level + 1)) % recording::kResidenciesPerLevel;
}

}  // namespace

std::unique_ptr<ResidencyObserver> ResidencyObserver::Attach(const std::string& path,
                                                             uint32_t pid) {
  absl::StatusOr<RecordingFile> file = RecordingFile::Open(path);
  if (!file.ok()) return nullptr;
  const recording::Section& section = file->section(recording::kResidency);
  constexpr uint32_t kRecords = recording::kResidencyLevels * recording::kResidenciesPerLevel;
  if (section.record_size < sizeof(Residency) || section.capacity < kRecords) return nullptr;

  int fd = open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return nullptr;
  std::unique_ptr<ResidencyObserver> observer(new ResidencyObserver(fd, pid));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) return nullptr;
  observer->offset_ = section.offset;
  observer->record_size_ = section.record_size;
  for (uint64_t i = 0; i < kRecords; ++i) {  // go on after an earlier observer
    Residency record{};
    auto at = static_cast<off_t>(section.offset + i * section.record_size);
    if (pread(fd, &record, sizeof(record), at) != static_cast<ssize_t>(sizeof(record))) break;
    observer->number_ = std::max(observer->number_, record.number);
  }
  return observer;
}

ResidencyObserver::~ResidencyObserver() { close(fd_); }

void ResidencyObserver::Observe() {
  MemoryUse use = ReadMemoryUse(pid_);
  if (!use.rss.has_value()) return;
  uint64_t number = ++number_;
  Residency record{};
  record.sequence = 1;
  record.number = number;
  record.time_ns = MonotonicNs();
  record.rss = *use.rss;
  record.swap = use.swap.value_or(recording::kUnknown);
  record.usage = recording::kUnknown;
  record.limit = use.limit.value_or(recording::kUnknown);
  // By pwrite, not through a mapping: the file may be cut. Odd, then all, then even.
  auto at = static_cast<off_t>(offset_ + PlaceOf(number) * record_size_);
  if (pwrite(fd_, &record, sizeof(record), at) != static_cast<ssize_t>(sizeof(record))) return;
  record.sequence = 2;
  if (pwrite(fd_, &record.sequence, sizeof(record.sequence), at) < 0) return;
}

}  // namespace seep
