#include "heap/recording_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"

namespace seep {
namespace {

using recording::Header;
using recording::Section;

// A recording of the default size has 13 MiB. We copy whole files, so somebody else's terabyte of
// zeros must not be one.
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;

constexpr uint64_t kHeaderBytes = 4096;

// What version 1 promises of each section. Later versions' records are longer, never shorter.
struct SectionRule {
  const char* name;
  uint32_t min_record_size;
};
constexpr SectionRule kSectionRules[recording::kSectionCount] = {
    {"slots", sizeof(recording::LiveSlot)},
    {"stacks", sizeof(recording::StackRecord)},
    {"frames", sizeof(recording::Position)},
    {"modules", sizeof(recording::ModuleRecord)},
    {"classes", sizeof(recording::ClassRecord)},
    {"labels", sizeof(recording::LabelRecord)},
    {"deaths", sizeof(recording::DeathRecord)},
    {"pulses", sizeof(recording::Pulse)},
    {"events", sizeof(recording::Pulse)},
    {"residency", sizeof(recording::Residency)},
    {"intervals", sizeof(recording::Interval)},
    {"notices", sizeof(recording::Notice)},
    {"strings", 1},
};
constexpr uint64_t kSectionAlignment = 64;
constexpr uint32_t kRecordAlignment = 8;

}  // namespace

bool HasRecordingMagic(int fd) {
  char magic[sizeof(recording::kMagic)];
  return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
         std::memcmp(magic, recording::kMagic, sizeof(magic)) == 0;
}

absl::StatusOr<RecordingFile> RecordingFile::Open(const std::string& path) {
  // Without O_NONBLOCK a pipe of that name would make us wait for its writer.
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.ok()) return FileError(path, "cannot open", errno);
  return Adopt(std::move(fd), path);
}

absl::StatusOr<RecordingFile> RecordingFile::Adopt(UniqueFd fd, std::string name) {
  RecordingFile file(std::move(fd), std::move(name));
  SEEP_RETURN_IF_ERROR(file.ReadHeader());
  return file;
}

absl::Status RecordingFile::Invalid(std::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(name_, ": ", std::string(what)));
}

absl::Status RecordingFile::ReadHeader() {
  struct stat info {};
  if (fstat(fd_.get(), &info) != 0) return FileError(name_, "cannot stat", errno);
  if (!S_ISREG(info.st_mode)) return Invalid("not a regular file");
  if (!HasRecordingMagic(fd_.get())) return Invalid("not a recording of Seep");
  size_ = static_cast<uint64_t>(info.st_size);
  if (size_ < kHeaderBytes) {
    return Invalid(absl::StrCat("cut short: ", size_, " bytes, less than a recording's header"));
  }
  if (size_ > kMaxFileBytes) return Invalid("larger than any recording (1 GiB)");
  SEEP_RETURN_IF_ERROR(Read(0, {reinterpret_cast<uint8_t*>(&header_), sizeof(header_)}));

  if (header_.version > recording::kVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(name_, ": its layout is version ", header_.version, ", this seep reads up to ",
                     recording::kVersion, "; use the seep of the profiler that wrote it"));
  }
  if (header_.version == 0) return Invalid("offset 8: version 0: the header was never finished");
  if (header_.header_size < sizeof(Header) || header_.header_size > kHeaderBytes) {
    return Invalid(absl::StrCat("offset 12: impossible header size ", header_.header_size));
  }
  return CheckSections();
}

absl::Status RecordingFile::CheckSections() const {
  constexpr size_t kMaxSections = std::size(Header().sections);
  if (header_.section_count < recording::kSectionCount || header_.section_count > kMaxSections) {
    return Invalid(absl::StrCat("impossible number of sections: ", header_.section_count));
  }
  uint64_t total = 0;
  for (uint32_t i = 0; i < recording::kSectionCount; ++i) {
    const Section& section = header_.sections[i];
    const SectionRule& rule = kSectionRules[i];
    std::string where = absl::StrCat("section ", rule.name, ": ");
    if (section.record_size < rule.min_record_size) {
      return Invalid(absl::StrCat(where, "records of ", section.record_size,
                                  " bytes, less than the ", rule.min_record_size, " of version 1"));
    }
    bool bytes_only = i == recording::kStrings;
    if (bytes_only ? section.record_size != 1 : section.record_size % kRecordAlignment != 0) {
      return Invalid(absl::StrCat(where, "records of ", section.record_size, " bytes"));
    }
    if (section.offset % kSectionAlignment != 0) {
      return Invalid(absl::StrCat(where, "offset ", section.offset, " is not a multiple of ",
                                  kSectionAlignment));
    }
    uint64_t bytes = uint64_t{section.record_size} * section.capacity;
    if (section.offset < header_.header_size || section.offset > size_ ||
        bytes > size_ - section.offset) {
      return Invalid(absl::StrCat(where, section.capacity, " records of ", section.record_size,
                                  " bytes at offset ", section.offset, " do not fit: the file has ",
                                  size_, " of ", header_.file_size, " bytes"));
    }
    total += bytes;
  }
  if (total > size_) return Invalid("its sections overlap");
  return absl::OkStatus();
}

absl::Status RecordingFile::Read(uint64_t offset, std::span<uint8_t> out) const {
  while (!out.empty()) {
    ssize_t n = pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(name_, absl::StrCat("offset ", offset, ": cannot read"), errno);
    if (n == 0) {
      return absl::OutOfRangeError(absl::StrCat(name_, ": cut short at offset ", offset));
    }
    offset += static_cast<uint64_t>(n);
    out = out.subspan(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

}  // namespace seep
