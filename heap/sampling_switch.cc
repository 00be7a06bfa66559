#include "heap/sampling_switch.h"

#include <sys/uio.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "heap/capture.h"
#include "heap/mapped_recordings.h"
#include "heap/tcmalloc/sampling_flag.h"

namespace seep {

absl::StatusOr<SamplingSwitch> SamplingSwitch::Find(uint32_t pid) {
  SamplingSwitch found;
  SEEP_ASSIGN_OR_RETURN(bool prepared, IsPrepared(pid));
  SEEP_ASSIGN_OR_RETURN(found.target_, LiveTarget::Open(pid));
  if (prepared) {
    SEEP_ASSIGN_OR_RETURN(std::vector<MappedRecording> recordings, FindMappedRecordings(pid));
    for (const MappedRecording& recording : recordings) {
      if (recording.file.header().pid != found.target_->identity().pid_in_namespace) continue;
      SEEP_RETURN_IF_ERROR(found.FindControlWord(recording.range.begin));
      return found;
    }
    return absl::NotFoundError("it has no recording of its own yet: it has not sampled");
  }
  SEEP_RETURN_IF_ERROR(found.FindFlag());
  return found;
}

absl::Status SamplingSwitch::FindControlWord(Address recording) {
  using Control = decltype(recording::Header::control);
  Address control = recording + offsetof(recording::Header, control);
  interval_ = control + offsetof(Control, interval);
  sequence_ = control + offsetof(Control, sequence);
  auto in_force = ReadWord(target_->memory(), recording + offsetof(recording::Header, interval));
  if (!in_force.has_value()) return absl::AbortedError("its recording is no longer mapped");
  found_ = *in_force;
  description_ = "the control word of its recording";
  return absl::OkStatus();
}

absl::Status SamplingSwitch::FindFlag() {
  SEEP_ASSIGN_OR_RETURN(TcmallocSamplingFlag flag, FindTcmallocSamplingFlag(target_->target()));
  interval_ = flag.address;
  auto value = ReadWord(target_->memory(), interval_);
  constexpr uint64_t kMost = uint64_t{1} << 40;
  if (!value.has_value() || *value > kMost) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "what should be tcmalloc's sampling flag, at %#x, holds no interval", interval_.value()));
  }
  found_ = *value;
  description_ = absl::StrFormat("tcmalloc's FLAGS_tcmalloc_sample_parameter at %#x, %s",
                                 interval_.value(), flag.proof);
  return absl::OkStatus();
}

absl::Status SamplingSwitch::Write(Address address, const void* bytes, size_t size) const {
  iovec local{const_cast<void*>(bytes), size};
  iovec remote{reinterpret_cast<void*>(address.value()), size};
  auto pid = static_cast<pid_t>(target_->identity().pid);
  if (process_vm_writev(pid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size)) {
    return absl::OkStatus();
  }
  return FileError(absl::StrCat("process ", pid), "cannot write to its memory", errno);
}

// The recording's sequence is what the program looks at, so it changes last.
absl::Status SamplingSwitch::Set(uint64_t interval) const {
  SEEP_RETURN_IF_ERROR(target_->StillTheSame());
  SEEP_RETURN_IF_ERROR(Write(interval_, &interval, sizeof(interval)));
  if (!is_prepared()) return absl::OkStatus();
  auto sequence = static_cast<uint32_t>(ReadWord(target_->memory(), sequence_).value_or(0)) + 1;
  return Write(sequence_, &sequence, sizeof(sequence));
}

absl::Status SamplingSwitch::Restore(uint64_t interval) const {
  SEEP_RETURN_IF_ERROR(target_->StillTheSame());
  uint64_t now = ReadWord(target_->memory(), interval_).value_or(interval);
  if (now == found_) return absl::OkStatus();
  if (now != interval) {
    return absl::FailedPreconditionError(absl::StrCat(
        "somebody else has set its sampling interval to ", now, " meanwhile: left so"));
  }
  return Set(found_);
}

}  // namespace seep
