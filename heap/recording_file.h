// A recording's file, open and checked: its header can be trusted to describe bytes that the file
// really has. The records themselves are still hostile. See snapshot/recording_format.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "snapshot/recording_format.h"

namespace seep {

class RecordingFile {
 public:
  // INVALID_ARGUMENT: not a recording, or one whose header contradicts itself or the file's size.
  // FAILED_PRECONDITION: written by a newer version. Every error names the file.
  static absl::StatusOr<RecordingFile> Open(const std::string& path);

  // `name` is what errors call it.
  static absl::StatusOr<RecordingFile> Adopt(UniqueFd fd, std::string name);

  const std::string& name() const { return name_; }

  uint64_t size() const { return size_; }  // bytes, when it was opened

  // As it was when the file was opened; the section table is the one to use.
  const recording::Header& header() const { return header_; }
  const recording::Section& section(recording::SectionId id) const { return header_.sections[id]; }

  // Fills `out`, or OUT_OF_RANGE: the file has been cut short since it was opened. Never mapped:
  // a file that is cut under a mapping kills its reader.
  absl::Status Read(uint64_t offset, std::span<uint8_t> out) const;

 private:
  RecordingFile(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
  absl::Status ReadHeader();
  absl::Status Invalid(std::string_view what) const;
  absl::Status CheckSections() const;

  UniqueFd fd_;
  std::string name_;
  uint64_t size_ = 0;
  recording::Header header_ = {};
};

// The bytes of `fd` start as a recording's do. Cost: one small read.
bool HasRecordingMagic(int fd);

}  // namespace seep
