#include "tests/e2e/support/recordings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "heap/capture.h"
#include "heap/recording_directory.h"
#include "heap/recording_file.h"

namespace seep::e2e {

std::string FindRecording(const std::string& directory, std::optional<pid_t> pid) {
  std::optional<uint32_t> wanted;
  if (pid.has_value()) wanted = static_cast<uint32_t>(*pid);
  auto found = FindRecordings(directory, wanted);
  if (!found.ok()) return "";
  for (const FoundRecording& recording : *found) {
    if (recording.problem.empty()) return recording.path;
  }
  return "";
}

Snapshot CaptureOrFail(const std::string& path) {
  auto snapshot = CaptureRecording(path);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return snapshot.ok() ? **snapshot : Snapshot();
}

Recording CopyOrFail(const std::string& path) {
  auto file = RecordingFile::Open(path);
  EXPECT_TRUE(file.ok()) << file.status();
  if (!file.ok()) return {};
  auto copy = CopyRecording(*file);
  EXPECT_TRUE(copy.ok()) << copy.status();
  return copy.ok() ? *std::move(copy) : Recording();
}

uint64_t CounterOf(const Recording& recording, recording::Counter counter) {
  return recording.header.counters[counter];
}

std::string LabelOf(const Snapshot& snapshot, const Block& block, const std::string& key) {
  if (block.label.is_none()) return "";
  const Label& label = snapshot.labels[block.label.index()];
  return label.key == key ? label.value : "";
}

std::vector<LoggedBlock> BlocksByThread(const Snapshot& snapshot) {
  std::vector<LoggedBlock> blocks;
  for (const Block& block : snapshot.blocks) {
    std::string thread = LabelOf(snapshot, block, "thread");
    if (thread.empty()) continue;
    blocks.push_back({block.address.value(), block.size, strtoull(thread.c_str(), nullptr, 10)});
  }
  std::sort(blocks.begin(), blocks.end());
  return blocks;
}

Sum SumOf(const Snapshot& snapshot, const std::string& key, const std::string& value) {
  Sum sum;
  for (const Block& block : snapshot.blocks) {
    if (!key.empty() && LabelOf(snapshot, block, key) != value) continue;
    sum.objects += Estimate::Of(1, block.probability);
    sum.bytes += Estimate::Of(static_cast<double>(block.size), block.probability);
  }
  return sum;
}

}  // namespace seep::e2e
