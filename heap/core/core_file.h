// An ELF core file: what of a process's memory was saved in it, and its notes.
//
//   ELF header │ program headers │ notes │ segment │ segment │ …      a kernel's
//   ELF header │ program headers │ segment │ segment │ … │ notes      gdb's gcore
//
//   segment in memory    ├──────── memsz ────────┤
//   saved in the file    ├─ filesz ─┤             what is behind it was left out, which is not zero
//   still in the file    ├─ in_file ─┤            less than filesz: the file was cut short
//
// Every number in it is hostile: ranges are checked against the file, and nothing is allocated by a
// count that the file's size does not bear out. It is read, not mapped: a core may be cut short, or
// still grow, while we look at it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "heap/memory.h"
#include "snapshot/snapshot.h"

namespace seep {

struct CoreSegment {
  AddressRange range;
  uint64_t file_offset = 0;
  uint64_t saved = 0;    // bytes, at most the range's
  uint64_t in_file = 0;  // of these, at most `saved`
  bool readable = false;
  bool writable = false;
  bool executable = false;
};

// As a Memory it has what was saved, and nothing else.
class CoreFile final : public Memory {
 public:
  // INVALID_ARGUMENT: no core, or not one of a 64-bit x86 process; says what it is instead.
  // Cost: the headers.
  static absl::StatusOr<std::unique_ptr<CoreFile>> Open(const std::string& path);

  size_t Read(Address from, std::span<uint8_t> out) const override;

  // Rising, disjoint.
  const std::vector<CoreSegment>& segments() const { return segments_; }
  const CoreSegment* FindSegment(Address address) const;

  // Calls `visit` for each note, until one does not lie in the file. Its description is cut at 64
  // MiB. Returns false if notes are missing at the end.
  using NoteVisitor =
      absl::FunctionRef<void(std::string_view name, uint32_t type, std::span<const uint8_t>)>;
  bool VisitNotes(NoteVisitor visit) const;

  const std::string& path() const { return path_; }
  // When the file was last written, in seconds since 1970: a core does not say when it was taken.
  int64_t written_at() const { return written_at_; }

  // What is missing or damaged.
  const std::vector<Dropped>& dropped() const { return dropped_; }

 private:
  struct NoteRange {
    uint64_t offset;
    uint64_t size;
  };

  CoreFile(std::string path, UniqueFd fd, uint64_t size, int64_t written_at);
  absl::Status ReadHeaders();
  void AddSegments(std::vector<CoreSegment> segments);
  size_t ReadAt(uint64_t offset, std::span<uint8_t> out) const;
  bool VisitNotesIn(const NoteRange& range, NoteVisitor visit) const;

  std::string path_;
  UniqueFd fd_;
  uint64_t size_;
  int64_t written_at_;
  std::vector<CoreSegment> segments_;
  std::vector<NoteRange> notes_;
  std::vector<Dropped> dropped_;
};

}  // namespace seep
