// Samples through the front door, and the recording that comes of them, read as any reader does.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>

#include "heap/recording.h"
#include "profiler/anchor.h"
#include "profiler/runtime.h"
#include "profiler/unwind.h"

namespace seep::profiler {

// As if `block` had just come out of malloc and been drawn, with p = 1.
__attribute__((noinline)) inline void Record(void* block, uint64_t size) {
  RecordAllocation(block, size, 50, SEEP_CALLER_REGISTERS(), true, 0);
}

inline Recording Read(const char* path = seep_anchor.path) {
  auto file = RecordingFile::Open(path);
  EXPECT_TRUE(file.ok()) << file.status().ToString();
  if (!file.ok()) exit(1);
  auto recording = CopyRecording(*file);
  EXPECT_TRUE(recording.ok());
  return *std::move(recording);
}

}  // namespace seep::profiler
