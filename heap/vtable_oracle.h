// The class of an object, seen from outside: what a C++ program needs for dynamic_cast is in its
// memory, stripped or not (Itanium C++ ABI, 2.5 and 2.9.5):
//
//   object            vtable                         typeinfo of the class
//   ┌──────┐          ┌───────────────┐              ┌────────────┐      vtable of
//   │ vptr ├──┐       │ offset to top │              │ vptr       ├────► __si_class_type_info,
//   │ …    │  │       │ typeinfo      ├─────────────►│ name       ├─┐    whose own typeinfo has
//   └──────┘  └──────►│ first method  │              │ base(s) …  │ │    a name that we know
//                     │ …             │              └────────────┘ └──► "N6common7ClosureI…E"
//                     └───────────────┘
//
// A class of a multiply derived object has several vtables, one for each base that begins
// elsewhere; "offset to top" (≤ 0) leads back to the object's start. Compiled with -fno-rtti, the
// typeinfo pointer is null: then the vtable itself is all that is known.
//
// Every pointer on the way must lie in a segment of a loaded module (never in the heap, so that no
// block's contents can pretend to be a vtable).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "heap/loaded_modules.h"
#include "heap/memory.h"
#include "snapshot/snapshot.h"

namespace seep {

// Why some are counted in guessed_vtables().
inline constexpr std::string_view kGuessedVtables =
    "guessed: the program's constants are absent, so that what objects point at there is taken for "
    "the vtable of a class; some may be texts or tables";

class VtableOracle {
 public:
  struct Base {
    size_t klass = 0;    // index into classes()
    int64_t offset = 0;  // in the derived object; 0 for a virtual base
    bool is_virtual = false;
  };
  struct SeenClass {
    std::string mangled;  // empty: compiled without RTTI, or absent: a core without the binary
    Address typeinfo;     // null: compiled without RTTI
    Address vtable;       // null: seen only as a base
    ClassEvidence evidence = ClassEvidence::kRtti;
    std::vector<Base> bases;   // direct ones
    std::optional<Base> held;  // of a control block of make_shared<T>: its T, where one was met
  };
  struct Answer {
    size_t klass = 0;           // index into classes()
    int64_t offset_to_top = 0;  // the object starts −offset_to_top bytes before the word
    bool is_guess = false;      // what lies there is absent
  };

  // Both must outlive this. `modules` as FindModules returns them.
  VtableOracle(const Memory& memory, std::span<const LoadedModule> modules);

  // What an object of which `word` is a vtable pointer is; nothing if it is none. Cost: a word that
  // was asked before, one lookup; one that points into no module, a binary search; else some reads.
  std::optional<Answer> Classify(uint64_t word);

  // Every class that was met, bases included.
  const std::vector<SeenClass>& classes() const { return classes_; }

  // The T that control blocks of class `owner` hold, and where in them.
  void SetHeld(size_t owner, const Base& held) { classes_[owner].held = held; }

  // Base classes that the typeinfo names and that could not be read, or were too many to be real.
  uint64_t unreadable_bases() const { return unreadable_bases_; }

  // Vtables that are absent, and taken for some because words point at them.
  uint64_t guessed_vtables() const { return guessed_vtables_; }

  // Vtables beyond a million, more than any program has: none of them is a class.
  uint64_t vtables_too_many() const { return vtables_too_many_; }

 private:
  // Of all classes together: a hundred thousand classes have fewer.
  static constexpr uint64_t kMaxBasesOfAll = 1 << 20;

  enum class Kind { kNone, kPlain, kSingle, kMultiple };  // __class_, __si_class_, __vmi_class_

  const Segment* SegmentOf(Address address) const;
  std::optional<uint64_t> WordInModule(Address address) const;
  std::optional<Answer> Examine(Address vptr);
  std::optional<Answer> ExamineWithoutRtti(Address vptr);
  std::optional<Answer> ExamineAbsent(Address vptr);
  bool IsConstantWithMethod(Address vptr) const;
  std::optional<size_t> AddWithoutName(Address vptr, Address typeinfo);
  std::optional<std::string> TypeName(Address typeinfo) const;
  Kind KindOf(Address typeinfo);
  std::optional<size_t> ClassOf(Address typeinfo, int depth);
  void ReadSingleBase(Address typeinfo, size_t derived, int depth);
  void ReadBases(Address typeinfo, size_t derived, int depth);
  void AddBase(size_t derived, Address base, int64_t offset, bool is_virtual, int depth);

  const Memory& memory_;
  std::vector<Segment> segments_;              // by address
  std::vector<AddressRange> fixed_constants_;  // of programs that are not relocated
  std::vector<SeenClass> classes_;
  absl::flat_hash_map<uint64_t, Answer> vtables_;  // by vtable pointer
  absl::flat_hash_set<uint64_t> no_vtables_;  // words that were examined, now and then forgotten
  absl::flat_hash_map<uint64_t, std::optional<size_t>> class_by_typeinfo_;
  absl::flat_hash_map<uint64_t, Kind> kinds_;  // by the typeinfo's own vtable pointer
  uint64_t unreadable_bases_ = 0;
  uint64_t guessed_vtables_ = 0;
  uint64_t bases_left_ = kMaxBasesOfAll;
  uint64_t vtables_too_many_ = 0;
  size_t name_bytes_ = 0;
};

}  // namespace seep
