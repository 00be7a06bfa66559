// Where each section of our recordings lies. Fixed at compile time; readers use the section table
// in the file instead.
#pragma once

#include <array>
#include <cstdint>

#include "profiler/limits.h"
#include "snapshot/recording_format.h"

namespace seep::profiler {

struct Layout {
  std::array<recording::Section, recording::kSectionCount> sections{};
  uint64_t file_size = 0;
};

constexpr Layout MakeLayout() {
  using namespace recording;
  Layout layout;
  uint64_t offset = 4096;  // the header's page
  auto add = [&](SectionId id, uint32_t record_size, uint32_t capacity) {
    layout.sections[id] = {offset, record_size, capacity, 0};
    offset += (uint64_t{record_size} * capacity + 4095) & ~uint64_t{4095};
  };
  add(kSlots, sizeof(LiveSlot), kSlotCapacity);
  add(kStacks, sizeof(StackRecord), kStackCapacity);
  add(kFrames, sizeof(Position), kFrameCapacity);
  add(kModules, sizeof(ModuleRecord), kModuleCapacity);
  add(kClasses, sizeof(ClassRecord), kClassCapacity);
  add(kLabels, sizeof(LabelRecord), kLabelCapacity);
  add(kDeaths, sizeof(DeathRecord), kDeathCapacity);
  add(kPulses, sizeof(Pulse), kPulseLevels * kPulsesPerLevel);
  add(kEvents, sizeof(Pulse), kEventCapacity);
  add(kResidency, sizeof(Residency), kResidencyLevels * kResidenciesPerLevel);
  add(kIntervals, sizeof(Interval), kIntervalCapacity);
  add(kNotices, sizeof(Notice), kNoticeCapacity);
  add(kStrings, 1, kStringCapacity);
  layout.file_size = offset;
  return layout;
}

inline constexpr Layout kLayout = MakeLayout();  // 14 MiB

}  // namespace seep::profiler
