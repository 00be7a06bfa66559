// Dense, distinct indexes: a stack's id does not compile where a class's id is wanted.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace seep {

template <typename Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(size_t value) : value_(static_cast<uint32_t>(value)) {}

  constexpr bool is_none() const { return value_ == kNone; }
  // The index into the owner's table. Only for ids that are not none.
  constexpr uint32_t index() const { return value_; }
  constexpr auto operator<=>(const Id&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, Id id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  uint32_t value_ = kNone;
};

using ModuleId = Id<struct ModuleTag>;
using StackId = Id<struct StackTag>;
using ClassId = Id<struct ClassTag>;
using LabelId = Id<struct LabelTag>;

}  // namespace seep
