// What a look at single objects of a process says, beside the Snapshot, which only counts: where
// instances of a class are, what their words hold, what lies at an address. Made by heap/instances.
//
// Modules and classes are tables of each result; places refer to them by index. All strings are
// hostile.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/address.h"
#include "snapshot/snapshot.h"

namespace seep {

// What a Symbolizer has to be asked for: it takes return addresses, and looks one byte before them.
inline CodeLocation AfterFirstByte(const CodeLocation& code) {
  return {code.module, code.offset + 1};
}

inline constexpr size_t kClassless = std::numeric_limits<size_t>::max();

struct NamedClass {
  std::string name;                // full; "(vtable at server+0x1f40)" where it has none
  std::vector<std::string> bases;  // all, nearest first, each once
};

// What every look has.
struct LookedAt {
  std::string executable;
  uint32_t pid = 0;
  std::vector<Module> modules;      // by ModuleId
  std::vector<NamedClass> classes;  // by index
  std::vector<Dropped> dropped;
};

struct Instance {
  Address address;  // of the object; of an array, its first
  Address block;
  uint64_t block_size = 0;  // usable bytes
  size_t klass = kClassless;
  uint64_t objects = 1;  // in the block
};

struct InstanceCount {
  size_t klass = kClassless;
  uint64_t objects = 0;
  uint64_t blocks = 0;
  uint64_t bytes = 0;  // usable, of the blocks
};

struct Instances {
  LookedAt look;
  std::vector<InstanceCount> found;  // every class that was asked for, by bytes, falling
  // Blocks, each as likely as any other to be here; by address.
  std::vector<Instance> sample;
};

enum class PlaceKind : uint8_t {
  kNowhere,  // not mapped, and not the heap
  kLiveBlock,
  kFreeBlock,      // of an allocator, which has not handed it out, or has it back
  kAllocatorData,  // of an allocator's own
  kCode,           // of a module
  kVtable,         // where an object of a class points
  kModuleData,     // variables and constants of a module
  kStack,          // of a thread
  kMapping,        // a file or anonymous memory
};

// What lies at an address.
struct AddressPlace {
  PlaceKind kind = PlaceKind::kNowhere;
  Address block = {};                       // kLiveBlock; kFreeBlock, if its bounds are known
  uint64_t block_size = 0;                  // usable bytes
  uint64_t offset = 0;                      // kLiveBlock: of the address in the block
  size_t klass = kClassless;                // of the object in the block; kVtable: whose
  uint64_t class_offset = 0;                // of the object in the block
  uint64_t objects = 1;                     // in the block
  Content content = Content::kNotExamined;  // of a live block without a class
  CodeLocation location = {};               // kCode, kVtable, kModuleData
  std::string name = {};                    // of the allocator, mapping, or thread
};

// An object at an address, or around it.
struct ObjectPlace {
  size_t klass = kClassless;
  Address start;       // of the complete object
  uint64_t count = 1;  // more: an array of them begins there
  bool operator==(const ObjectPlace&) const = default;
};

// What a word of an object means. Two are equal where their difference says nothing: blocks of one
// class at different addresses are.
enum class WordKind : uint8_t {
  kZero,
  kNumber,  // none of an address
  kOwnBlock,
  kLiveBlock,
  kFreeBlock,
  kAllocatorData,
  kCode,
  kVirtualMethod,  // a pointer to a virtual member function, as seen in an object pointed at
  kVtable,
  kModuleData,
  kStack,
  kMapping,
  kUnread,
};

struct WordMeaning {
  WordKind kind = WordKind::kZero;
  // kNumber: the value. kOwnBlock: offset from the object, signed. kLiveBlock: offset in the
  // object, or in a block without a class. kVirtualMethod: its place in the vtable.
  uint64_t value = 0;
  size_t klass = kClassless;                // kLiveBlock, kVtable
  Content content = Content::kNotExamined;  // kLiveBlock without a class
  uint64_t size = 0;                        // kLiveBlock without a class: up to so many bytes
  CodeLocation location = {};               // kCode, kVirtualMethod, kVtable, kModuleData
  std::string name = {};                    // kStack, kMapping
  auto operator<=>(const WordMeaning&) const = default;
};

struct WordShare {
  WordMeaning meaning;
  uint64_t instances = 0;
  double share = 0;  // of those of the class in the sample
  Address example;   // one of the objects
};

struct TextShare {
  std::string text;  // at most 256 bytes
  uint64_t instances = 0;
  double share = 0;
};

// Texts in one place: in the object, or in what one of its words points at.
struct TextPlace {
  bool pointed_at = false;
  uint64_t inner_offset = 0;           // in what is pointed at
  std::vector<TextShare> values = {};  // the most frequent ones, falling
  uint64_t different = 0;              // values
  uint64_t instances = 0;              // with text there
};

struct OffsetWords {
  uint64_t offset = 0;                 // from the object's start
  std::vector<WordShare> shares = {};  // the most frequent meanings, falling
  // Numbers that are not among them.
  uint64_t other_numbers = 0, other_numbers_different = 0, least = 0, greatest = 0;
  double other_numbers_share = 0;
  uint64_t others = 0;  // instances with any other meaning that is not in `shares`
  double others_share = 0;
  std::vector<TextPlace> texts = {};  // only where contents were asked for
};

// What the sampled instances of one class have in common.
struct ClassWords {
  size_t klass = kClassless;
  uint64_t instances = 0;  // looked at
  uint64_t objects = 0;    // that there are
  uint64_t bytes = 0;      // of each that were looked at: those of the smallest
  std::vector<OffsetWords> offsets = {};
};

struct WordsLook {
  LookedAt look;
  std::vector<ClassWords> classes;  // by instances, falling
};

struct AddressLook {
  LookedAt look;
  struct Answer {
    Address address;
    AddressPlace place;
    std::optional<ObjectPlace> object;
  };
  std::vector<Answer> answers;  // in the order that they were asked for
};

}  // namespace seep
