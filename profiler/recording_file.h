// Makes the recording's file: where, under which name, and only if it can never harm the program.
#pragma once

#include <cstddef>

#include "profiler/options.h"
#include "profiler/text.h"
#include "snapshot/recording_format.h"

namespace seep::profiler {

struct RecordingFile {
  recording::Status status = recording::Status::kNoFile;
  std::byte* mapping = nullptr;  // kLayout.file_size bytes of zeros, shared
  Text<512> path;
};

// `header` identifies the process; its executable, pid, start and random make the name
//     EXE.PID.STARTTICKS.RANDOM
// in the output directory. Every byte is allocated before it is mapped: a full disk is an error
// here and never a SIGBUS later. No descriptor stays open. Uses little stack.
RecordingFile CreateRecordingFile(const Options& options, const recording::Header& header);

}  // namespace seep::profiler
