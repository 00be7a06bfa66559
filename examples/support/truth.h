// What an example really did, counted by the program itself and independent of Seep.
//
// The counters live in a shared mapping of the truth file. The kernel keeps its pages when the
// process is killed, so without any write the file holds the state at the instant of a SIGKILL. An
// object is counted after its memory is there and discounted before it goes: what a kill catches in
// between makes the truth too small by at most one object per thread.
//
// One file is one TruthFile, in the byte order of the machine:
//
//   ┌──────────┬───────────────────┬──────────────────┐
//   │ header   │ 63 object tallies │ 16 event tallies │   17,216 bytes
//   │ 64 bytes │ 256 bytes each    │ 64 bytes each    │
//   └──────────┴───────────────────┴──────────────────┘
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace examples {

// The objects of one class, all of the same size, created under one label.
struct alignas(64) ObjectTally {
  char class_name[128];
  char label_key[16];  // Empty: no label.
  char label_value[80];
  uint64_t object_bytes;
  uint64_t created;
  uint64_t destroyed;

  void Created() { std::atomic_ref(created).fetch_add(1, std::memory_order_relaxed); }
  void Destroyed() { std::atomic_ref(destroyed).fetch_add(1, std::memory_order_relaxed); }
};

struct alignas(64) EventTally {
  char name[56];
  uint64_t count;

  void Add() { std::atomic_ref(count).fetch_add(1, std::memory_order_relaxed); }
};

// A member that counts its owner: it lives exactly as long.
class Counted {
 public:
  explicit Counted(ObjectTally* tally) : tally_(tally) { tally_->Created(); }
  Counted(Counted&& other) noexcept : tally_(std::exchange(other.tally_, nullptr)) {}
  ~Counted() {
    if (tally_ != nullptr) tally_->Destroyed();
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  Counted& operator=(Counted&&) = delete;

 private:
  ObjectTally* tally_;
};

struct TruthFile;

class Truth {
 public:
  // Replaces the file at `path`; an empty path counts in memory only. Null, with the cause on
  // stderr, where the file cannot be made.
  static std::unique_ptr<Truth> Create(std::string_view program, const std::string& path);
  // Reads a truth file, of a running program too. Null, with the cause on stderr.
  static std::unique_ptr<Truth> Open(const std::string& path);
  ~Truth();

  // The tally of the class and label, made at the first call. Thread-safe; a scan of the tallies
  // without a lock. Labels may come from strangers: when the table is full, the last tally takes
  // all others and is labelled "(other)".
  ObjectTally* Objects(std::string_view class_name, size_t object_bytes,
                       std::string_view label_key = "", std::string_view label_value = "");
  // Aborts after 16 names: unlike labels, they are the program's own.
  EventTally* Events(std::string_view name);

  // One line without its newline:
  // {"truth":{"program":…,"pid":…,"objects":[{"class":…,"label":"key=value","object_bytes":…,
  //  "created":…,"live_objects":…,"live_bytes":…}],"events":{"requests":…}}}
  std::string ToJson() const;

 private:
  explicit Truth(TruthFile* file) : file_(file) {}
  ObjectTally* FindObjects(std::string_view class_name, std::string_view label_key,
                           std::string_view label_value);

  TruthFile* file_;
  std::mutex append_;
};

}  // namespace examples
