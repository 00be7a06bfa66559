// Makes recordings by the layout of snapshot/recording_format.h, small ones and damaged ones.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/recording_format.h"

namespace seep::testing {

struct RecordingShape {
  uint32_t slots = 64;
  uint32_t stacks = 32;
  uint32_t frames = 256;
  uint32_t extra_record_bytes = 0;  // as a later version's longer records would have
};

class RecordingFixture {
 public:
  explicit RecordingFixture(RecordingShape shape = {});

  recording::Header& header() { return *reinterpret_cast<recording::Header*>(bytes_.data()); }
  std::vector<uint8_t>& bytes() { return bytes_; }

  // Record `index` of a section, in place.
  template <typename Record>
  Record& At(recording::SectionId section, uint32_t index) {
    const recording::Section& s = header().sections[section];
    return *reinterpret_cast<Record*>(bytes_.data() + s.offset + uint64_t{index} * s.record_size);
  }

  // Each appends a whole record and returns its index.
  recording::StringRef AddString(std::string_view text);
  uint32_t AddModule(std::string_view path, uint64_t bias, uint64_t start, uint64_t end);
  uint32_t AddStack(const std::vector<recording::Position>& frames, uint16_t flags = 0);
  uint32_t AddClass(std::string_view mangled, recording::Position vtable,
                    recording::Position typeinfo);
  uint32_t AddLabel(std::string_view key, std::string_view value, uint32_t parent);
  recording::DeathRecord& AddDeaths(uint32_t stack, uint32_t klass);
  recording::Pulse& AddPulse(uint64_t number, uint64_t time_ns);
  recording::Residency& AddResidency(uint64_t number, uint64_t time_ns);
  recording::LiveSlot& AddSlot(uint64_t address, uint64_t size, double exposure);

 private:
  uint32_t Next(recording::SectionId section, uint32_t first);
  std::vector<uint8_t> bytes_;
};

// When the fixture's process came up, CLOCK_MONOTONIC.
inline constexpr uint64_t kStarted = 5'000'000'000;

void WriteBytes(const std::string& path, std::span<const uint8_t> bytes);

}  // namespace seep::testing
