#include "tests/heap/recording_fixture.h"

#include <cstdlib>
#include <fstream>

namespace seep::testing {

using namespace recording;

RecordingFixture::RecordingFixture(RecordingShape shape) {
  struct {
    uint32_t record_size;
    uint32_t capacity;
  } const sections[kSectionCount] = {
      {sizeof(LiveSlot), shape.slots},
      {sizeof(StackRecord), shape.stacks},
      {sizeof(Position), shape.frames},
      {sizeof(ModuleRecord), 16},
      {sizeof(ClassRecord), 16},
      {sizeof(LabelRecord), 16},
      {sizeof(DeathRecord), 32},
      {sizeof(Pulse), 8},
      {sizeof(Pulse), 4},
      {sizeof(Residency), 8},
      {sizeof(Interval), 8},
      {sizeof(Notice), 8},
      {1, 4096},
  };
  Header header = {};
  uint64_t offset = 4096;
  for (uint32_t id = 0; id < kSectionCount; ++id) {
    uint32_t extra = id == kStrings ? 0 : shape.extra_record_bytes;
    Section& section = header.sections[id];
    section = {offset, sections[id].record_size + extra, sections[id].capacity, 0};
    offset += (uint64_t{section.record_size} * section.capacity + 63) & ~uint64_t{63};
  }
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.version = kVersion;
  header.header_size = sizeof(Header);
  header.file_size = offset;
  header.arch = Arch::kX86_64;
  header.page_size = 4096;
  header.status = Status::kRecording;
  header.section_count = kSectionCount;
  header.counter_count = kCounterCount;
  std::strcpy(header.boot_id, "00000000-another-boot");
  std::strcpy(header.host, "testhost");
  std::strcpy(header.executable, "/usr/bin/proxy");
  header.pid = 4711;
  header.started = {kStarted, 1'700'000'000'000'000'000};
  header.created = header.started;
  header.latest = header.started;
  header.random = 0x5eed;
  header.interval = 1024;
  header.initial_interval = 1024;
  bytes_.resize(offset);
  std::memcpy(bytes_.data(), &header, sizeof(header));
}

uint32_t RecordingFixture::Next(SectionId id, uint32_t first) {
  Section& section = header().sections[id];
  if (section.used < first) section.used = first;
  if (section.used >= section.capacity) std::abort();
  return static_cast<uint32_t>(section.used++);
}

StringRef RecordingFixture::AddString(std::string_view text) {
  Section& section = header().sections[kStrings];
  StringRef ref{static_cast<uint32_t>(section.used), static_cast<uint32_t>(text.size())};
  if (section.used + text.size() > section.capacity) std::abort();
  std::memcpy(bytes_.data() + section.offset + section.used, text.data(), text.size());
  section.used += text.size();
  return ref;
}

uint32_t RecordingFixture::AddModule(std::string_view path, uint64_t bias, uint64_t start,
                                     uint64_t end) {
  uint32_t index = Next(kModules, 1);
  auto& record = At<ModuleRecord>(kModules, index);
  record.load_bias = bias;
  record.start = start;
  record.end = end;
  record.path = AddString(path);
  record.build_id[0] = static_cast<uint8_t>(index);
  record.build_id_length = 20;
  record.ready = 1;
  return index;
}

uint32_t RecordingFixture::AddStack(const std::vector<Position>& frames, uint16_t flags) {
  uint32_t index = Next(kStacks, 1);
  auto& record = At<StackRecord>(kStacks, index);
  Section& pool = header().sections[kFrames];
  record.first_frame = static_cast<uint32_t>(pool.used);
  record.frame_count = static_cast<uint16_t>(frames.size());
  record.flags = flags;
  for (Position frame : frames) At<Position>(kFrames, static_cast<uint32_t>(pool.used++)) = frame;
  record.ready = 1;
  return index;
}

uint32_t RecordingFixture::AddClass(std::string_view mangled, Position vtable, Position typeinfo) {
  uint32_t index = Next(kClasses, 1);
  auto& record = At<ClassRecord>(kClasses, index);
  record.vtable = vtable;
  record.typeinfo = typeinfo;
  record.name = AddString(mangled);
  record.ready = 1;
  return index;
}

uint32_t RecordingFixture::AddLabel(std::string_view key, std::string_view value, uint32_t parent) {
  uint32_t index = Next(kLabels, 2);
  auto& record = At<LabelRecord>(kLabels, index);
  record.key = AddString(key);
  record.value = AddString(value);
  record.parent = parent;
  record.ready = 1;
  return index;
}

DeathRecord& RecordingFixture::AddDeaths(uint32_t stack, uint32_t klass) {
  auto& record = At<DeathRecord>(kDeaths, Next(kDeaths, 1));
  record.stack = stack;
  record.klass = klass;
  record.ready = 1;
  return record;
}

Pulse& RecordingFixture::AddPulse(uint64_t number, uint64_t time_ns) {
  auto& pulse = At<Pulse>(kPulses, Next(kPulses, 0));
  pulse.number = number;
  pulse.time_ns = time_ns;
  pulse.rss = pulse.usage = pulse.limit = kUnknown;
  return pulse;
}

Residency& RecordingFixture::AddResidency(uint64_t number, uint64_t time_ns) {
  auto& record = At<Residency>(kResidency, Next(kResidency, 0));
  record.number = number;
  record.time_ns = time_ns;
  record.rss = record.swap = record.usage = record.limit = kUnknown;
  return record;
}

LiveSlot& RecordingFixture::AddSlot(uint64_t address, uint64_t size, double exposure) {
  auto& slot = At<LiveSlot>(kSlots, Next(kSlots, 0));
  slot.sequence = 2;
  slot.address = address;
  slot.size = size;
  slot.exposure = exposure;
  slot.birth_ns = kStarted + 1'000'000'000;
  slot.serial = header().sections[kSlots].used;
  return slot;
}

void WriteBytes(const std::string& path, std::span<const uint8_t> bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  if (!out.good()) std::abort();
}

}  // namespace seep::testing
