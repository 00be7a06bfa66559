// Looks through a module's writable data, where an allocator keeps its static variables.
#pragma once

#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/address.h"
#include "heap/loaded_modules.h"
#include "heap/memory.h"

namespace seep::tcmalloc {

// Its writable segments, those that touch joined (.data and .bss), rising.
std::vector<AddressRange> WritableData(const LoadedModule& module);

// Reads on behind pages that are absent, which become zeros. Returns how many bytes were.
size_t ReadOrZero(const Memory& memory, Address from, std::span<uint8_t> out);

// Calls `visit` at every multiple of `step` in `data` with the `record` bytes that start there;
// what cannot be read, or lies beyond the end, is zero. Stops when it returns false.
// Cost: 1 to 2 ns a step.
void ScanData(const Memory& memory, AddressRange data, size_t step, size_t record,
              absl::FunctionRef<bool(Address, std::span<const uint8_t>)> visit);

}  // namespace seep::tcmalloc
