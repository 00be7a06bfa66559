// The writable memory of a module, where its static variables lie.
#pragma once

#include <cstdint>
#include <span>

#include "absl/functional/function_ref.h"
#include "heap/loaded_modules.h"
#include "heap/memory.h"

namespace seep::glibc {

// More of a segment is not read: main_arena and mp_ are initialized data, which .bss, the part that
// grows large, follows.
inline constexpr uint64_t kMaxPartBytes = uint64_t{256} << 20;

// Calls `visit` with each segment that can be written to: its first address, which is a multiple
// of 8, and as many words of it as can be read.
void ForEachWritablePart(const Memory& memory, const LoadedModule& module,
                         absl::FunctionRef<void(Address, std::span<const uint64_t>)> visit);

}  // namespace seep::glibc
