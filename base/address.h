// A position in a target's memory. It is not a pointer: nothing of ours can dereference it, so a
// reader of foreign memory cannot confuse the target's addresses with its own.
#pragma once

#include <compare>
#include <cstdint>

namespace seep {

class Address {
 public:
  constexpr Address() = default;
  constexpr explicit Address(uint64_t value) : value_(value) {}

  constexpr uint64_t value() const { return value_; }
  constexpr bool is_null() const { return value_ == 0; }

  constexpr Address operator+(uint64_t bytes) const { return Address(value_ + bytes); }
  constexpr Address operator-(uint64_t bytes) const { return Address(value_ - bytes); }
  constexpr uint64_t operator-(Address other) const { return value_ - other.value_; }
  constexpr auto operator<=>(const Address&) const = default;

 private:
  uint64_t value_ = 0;
};

// [begin, end).
struct AddressRange {
  Address begin;
  Address end;

  constexpr uint64_t size() const { return end < begin ? 0 : end - begin; }
  constexpr bool contains(Address a) const { return begin <= a && a < end; }
  constexpr auto operator<=>(const AddressRange&) const = default;
};

}  // namespace seep
