// Printable text in foreign bytes: what a person who debugs a leak looks for first, and what a
// person's data is made of. So only where contents were asked for.
//
//   std::string (libstdc++, since GCC 5)     ┌─────┬──────┬──────────────────────┐
//                                            │ ptr │ size │ 16 bytes, or capacity│
//                                            └──┬──┴──────┴▲─────────────────────┘
//                                               └──────────┘ up to 15 bytes; else to a block
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/address.h"
#include "heap/memory.h"

namespace seep {

inline constexpr size_t kMaxText = 256;

// The text that begins at `bytes[at]`, where bytes[0] lies at `base`: of a std::string there, or of
// at least four characters that a null byte ends. Not the middle of a longer one. Cost: for a
// std::string that is not short a read of `memory`.
std::optional<std::string> TextAt(const Memory& memory, Address base,
                                  std::span<const uint8_t> bytes, size_t at);

}  // namespace seep
