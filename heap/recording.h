// A private, consistent copy of a recording, taken while its writer may be running.
//
// A record that was being written when we looked, or when its process died, is all zeros here,
// which every table reads as "nothing", and is counted. How each kind of record is copied:
//   * sequenced (slots, pulses, events, residency): sequence, record, sequence again, by three
//   reads in this
//     order. Whole if both sequences are the same even number: a seqlock whose reader crosses into
//     the kernel between its steps. Else again, a bounded number of times.
//   * with a `ready` (stacks, modules, classes, labels, deaths, intervals, notices): ready, then
//   the
//     record.
//   * frames and strings: the bytes that a ready record points at do not change any more.
// Tables are copied before the tables they refer to, so that no copied reference dangles.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "heap/recording_file.h"
#include "snapshot/recording_format.h"

namespace seep {

// The records of one section. A record may be longer than ours (a later version's): its known
// first part is what one gets.
template <typename Record>
class RecordTable {
 public:
  RecordTable() = default;
  RecordTable(std::vector<uint8_t> bytes, uint32_t record_size)
      : bytes_(std::move(bytes)), record_size_(record_size) {}

  uint32_t size() const {
    return record_size_ == 0 ? 0 : static_cast<uint32_t>(bytes_.size() / record_size_);
  }
  Record operator[](uint32_t index) const {
    Record record;
    std::memcpy(&record, bytes_.data() + size_t{index} * record_size_, sizeof(record));
    return record;
  }

 private:
  std::vector<uint8_t> bytes_;
  uint32_t record_size_ = 0;
};

struct Recording {
  std::string name;
  recording::Header header;
  RecordTable<recording::LiveSlot> slots;
  RecordTable<recording::StackRecord> stacks;
  RecordTable<recording::Position> frames;
  RecordTable<recording::ModuleRecord> modules;
  RecordTable<recording::ClassRecord> classes;
  RecordTable<recording::LabelRecord> labels;
  RecordTable<recording::DeathRecord> deaths;
  RecordTable<recording::Pulse> pulses;
  RecordTable<recording::Pulse> events;
  RecordTable<recording::Residency> residency;
  RecordTable<recording::Interval> intervals;
  RecordTable<recording::Notice> notices;
  std::vector<uint8_t> strings;
  // Records that were being written, by section.
  uint64_t unfinished[recording::kSectionCount] = {};
};

// Cost: three reads of the file, some 50 ms for the default 13 MiB.
absl::StatusOr<Recording> CopyRecording(const RecordingFile& file);

// The live slots once more, as they are now. Unfinished ones are all zeros.
absl::StatusOr<RecordTable<recording::LiveSlot>> CopySlots(const RecordingFile& file);

}  // namespace seep
