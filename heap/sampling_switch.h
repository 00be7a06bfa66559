// The sampling interval of a running process, changed from outside by one store of eight bytes; no
// code is run in it, and no thread stopped.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/address.h"
#include "heap/live_target.h"

namespace seep {

class SamplingSwitch {
 public:
  // Of a process that writes a recording: its recording's control word. Of any other: the flag of
  // its tcmalloc (see FindTcmallocSamplingFlag for errors). PERMISSION_DENIED: with the remedy.
  static absl::StatusOr<SamplingSwitch> Find(uint32_t pid);

  bool is_prepared() const { return !sequence_.is_null(); }
  const std::string& description() const { return description_; }
  uint64_t found() const { return found_; }  // the interval that was in force, bytes; 0: off

  // ABORTED: it is not the program any more that Find saw; nothing is written then.
  absl::Status Set(uint64_t interval) const;

  // Puts back what was found, unless somebody else has changed it since it was set to `interval`:
  // FAILED_PRECONDITION.
  absl::Status Restore(uint64_t interval) const;

 private:
  SamplingSwitch() = default;
  absl::Status FindControlWord(Address recording);
  absl::Status FindFlag();
  absl::Status Write(Address address, const void* bytes, size_t size) const;

  std::unique_ptr<LiveTarget> target_;
  Address interval_;
  Address sequence_;  // null: there is none
  uint64_t found_ = 0;
  std::string description_;
};

}  // namespace seep
