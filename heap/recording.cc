#include "heap/recording.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

#include "base/status_macros.h"

namespace seep {
namespace {

using recording::Section;
using recording::SectionId;

// A writer holds a record for less than a microsecond, unless it is descheduled meanwhile (or was
// killed: then we wait in vain).
constexpr int kRounds = 12;
constexpr std::chrono::microseconds kPause{250};
// Far more than threads that can be writing at once; beyond it the file is not a healthy one.
constexpr size_t kMaxRetried = 4096;

absl::StatusOr<std::vector<uint8_t>> ReadSection(const RecordingFile& file,
                                                 const Section& section) {
  std::vector<uint8_t> bytes(uint64_t{section.record_size} * section.capacity);
  SEEP_RETURN_IF_ERROR(file.Read(section.offset, bytes));
  // The next read must not be done before this one; the system call alone promises it on x86 only.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return bytes;
}

uint32_t FieldAt(const std::vector<uint8_t>& bytes, size_t position) {
  uint32_t value;
  std::memcpy(&value, bytes.data() + position, sizeof(value));
  return value;
}

// One attempt at one sequenced record, whose sequence is its first field.
absl::StatusOr<bool> RetryRecord(const RecordingFile& file, const Section& section, size_t index,
                                 std::span<uint8_t> record) {
  Section one = section;
  one.offset += index * section.record_size;
  one.capacity = 1;
  SEEP_ASSIGN_OR_RETURN(std::vector<uint8_t> before, ReadSection(file, one));
  SEEP_ASSIGN_OR_RETURN(std::vector<uint8_t> body, ReadSection(file, one));
  SEEP_ASSIGN_OR_RETURN(std::vector<uint8_t> after, ReadSection(file, one));
  uint32_t sequence = FieldAt(before, 0);
  if (sequence % 2 != 0 || sequence != FieldAt(after, 0)) return false;
  std::memcpy(record.data(), body.data(), record.size());
  return true;
}

// In chunks, so that few records change between the three reads: thinning rewrites all slots
// within milliseconds, which is what one read of the whole section takes.
absl::StatusOr<std::vector<uint8_t>> CopySequenced(const RecordingFile& file,
                                                   const Section& section, uint64_t* unfinished) {
  constexpr uint32_t kRecordsPerChunk = 512;
  std::vector<uint8_t> bytes;
  bytes.reserve(uint64_t{section.record_size} * section.capacity);
  std::vector<size_t> pending;
  for (uint32_t first = 0; first < section.capacity; first += kRecordsPerChunk) {
    Section chunk = section;
    chunk.offset += uint64_t{first} * section.record_size;
    chunk.capacity = std::min(kRecordsPerChunk, section.capacity - first);
    SEEP_ASSIGN_OR_RETURN(std::vector<uint8_t> before, ReadSection(file, chunk));
    SEEP_ASSIGN_OR_RETURN(std::vector<uint8_t> body, ReadSection(file, chunk));
    SEEP_ASSIGN_OR_RETURN(std::vector<uint8_t> after, ReadSection(file, chunk));
    bytes.insert(bytes.end(), body.begin(), body.end());
    for (size_t i = 0; i < chunk.capacity; ++i) {
      uint32_t sequence = FieldAt(before, i * section.record_size);
      if (sequence % 2 != 0 || sequence != FieldAt(after, i * section.record_size)) {
        pending.push_back(first + i);
      }
    }
  }
  auto record = [&](size_t i) {
    return std::span(bytes).subspan(i * section.record_size, section.record_size);
  };
  bool retry = pending.size() <= kMaxRetried;
  for (int round = 0; retry && round < kRounds && !pending.empty(); ++round) {
    if (round > 0) std::this_thread::sleep_for(kPause);
    std::vector<size_t> still;
    for (size_t i : pending) {
      SEEP_ASSIGN_OR_RETURN(bool whole, RetryRecord(file, section, i, record(i)));
      if (!whole) still.push_back(i);
    }
    pending = std::move(still);
  }
  for (size_t i : pending) std::ranges::fill(record(i), uint8_t{0});
  *unfinished = pending.size();
  return bytes;
}

absl::StatusOr<std::vector<uint8_t>> CopyReady(const RecordingFile& file, const Section& section,
                                               size_t ready_offset, uint32_t reserved,
                                               uint64_t* unfinished) {
  SEEP_ASSIGN_OR_RETURN(std::vector<uint8_t> before, ReadSection(file, section));
  SEEP_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, ReadSection(file, section));
  for (uint32_t i = 0; i < section.capacity; ++i) {
    size_t position = size_t{i} * section.record_size;
    if (FieldAt(before, position + ready_offset) != 0) continue;
    std::memset(bytes.data() + position, 0, section.record_size);
    if (i >= reserved && i < section.used) ++*unfinished;
  }
  return bytes;
}

// Fills one table of a Recording after the other.
class Copier {
 public:
  Copier(const RecordingFile& file, Recording& copy) : file_(file), copy_(copy) {}

  template <typename Record>
  absl::Status Sequenced(SectionId id, RecordTable<Record>& table) {
    static_assert(offsetof(Record, sequence) == 0);
    return Store(CopySequenced(file_, file_.section(id), &copy_.unfinished[id]), id, table);
  }

  // The first `reserved` records may well never be ready: they mean "none".
  template <typename Record>
  absl::Status Ready(SectionId id, uint32_t reserved, RecordTable<Record>& table) {
    return Store(
        CopyReady(file_, FreshlyUsed(id), offsetof(Record, ready), reserved, &copy_.unfinished[id]),
        id, table);
  }

  absl::Status Frames(RecordTable<recording::Position>& table) {
    return Store(ReadSection(file_, file_.section(recording::kFrames)), recording::kFrames, table);
  }

  absl::Status Strings(std::vector<uint8_t>& strings) {
    SEEP_ASSIGN_OR_RETURN(strings, ReadSection(file_, file_.section(recording::kStrings)));
    return absl::OkStatus();
  }

 private:
  template <typename Record>
  absl::Status Store(absl::StatusOr<std::vector<uint8_t>> bytes, SectionId id,
                     RecordTable<Record>& table) {
    if (!bytes.ok()) return bytes.status();
    table = RecordTable<Record>(*std::move(bytes), file_.section(id).record_size);
    return absl::OkStatus();
  }

  // `used` of before the section is read: what it counts is ready by then, or was left unfinished.
  Section FreshlyUsed(SectionId id) {
    Section section = file_.section(id);
    uint64_t used = 0;
    uint64_t offset = offsetof(recording::Header, sections) + id * sizeof(Section);
    if (file_
            .Read(offset + offsetof(Section, used),
                  {reinterpret_cast<uint8_t*>(&used), sizeof(used)})
            .ok()) {
      section.used = used;
    }
    return section;
  }

  const RecordingFile& file_;
  Recording& copy_;
};

}  // namespace

absl::StatusOr<Recording> CopyRecording(const RecordingFile& file) {
  Recording copy;
  copy.name = file.name();
  Copier copier(file, copy);
  SEEP_RETURN_IF_ERROR(copier.Sequenced(recording::kResidency, copy.residency));
  SEEP_RETURN_IF_ERROR(copier.Sequenced(recording::kPulses, copy.pulses));
  SEEP_RETURN_IF_ERROR(copier.Sequenced(recording::kEvents, copy.events));
  SEEP_RETURN_IF_ERROR(copier.Ready(recording::kDeaths, 1, copy.deaths));
  SEEP_RETURN_IF_ERROR(copier.Sequenced(recording::kSlots, copy.slots));
  SEEP_RETURN_IF_ERROR(copier.Ready(recording::kStacks, 1, copy.stacks));
  SEEP_RETURN_IF_ERROR(copier.Ready(recording::kLabels, 2, copy.labels));
  SEEP_RETURN_IF_ERROR(copier.Ready(recording::kClasses, 1, copy.classes));
  SEEP_RETURN_IF_ERROR(copier.Frames(copy.frames));
  SEEP_RETURN_IF_ERROR(copier.Ready(recording::kModules, 1, copy.modules));
  SEEP_RETURN_IF_ERROR(copier.Ready(recording::kIntervals, 0, copy.intervals));
  SEEP_RETURN_IF_ERROR(copier.Ready(recording::kNotices, 0, copy.notices));
  SEEP_RETURN_IF_ERROR(copier.Strings(copy.strings));

  // Counters and clocks as they are now, but the section table that was checked.
  SEEP_RETURN_IF_ERROR(
      file.Read(0, {reinterpret_cast<uint8_t*>(&copy.header), sizeof(copy.header)}));
  std::memcpy(copy.header.sections, file.header().sections, sizeof(copy.header.sections));
  return copy;
}

absl::StatusOr<RecordTable<recording::LiveSlot>> CopySlots(const RecordingFile& file) {
  uint64_t unfinished = 0;
  const Section& section = file.section(recording::kSlots);
  SEEP_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, CopySequenced(file, section, &unfinished));
  return RecordTable<recording::LiveSlot>(std::move(bytes), section.record_size);
}

}  // namespace seep
