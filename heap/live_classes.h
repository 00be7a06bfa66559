// Classes of blocks that the profiler has not looked at yet, read from the live process.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/address.h"
#include "heap/memory.h"
#include "heap/page_map.h"
#include "heap/vtable_oracle.h"

namespace seep {

// A block to be looked at, and what was found.
struct UnnamedBlock {
  Address address;
  uint64_t size = 0;

  enum class Look { kNotYet, kFound, kNoVtable, kNotInMemory, kUnreadable };
  Look look = Look::kNotYet;
  size_t klass = 0;           // kFound: index into the oracle's classes
  uint32_t class_offset = 0;  // kFound: of the object in the block
};

// Looks at the first words of each block, up to eight: not every object starts its block
// (make_shared puts it 16 bytes in). The first that is a vtable pointer decides.
//
// The process runs on: a block may be freed, and its bytes reused, at any moment. The caller must
// check after the call that the block is still the same one before it believes the answer.
//
// `present` (may be null): only pages that it calls present are read. Cost: a system call for a
// thousand blocks, and with `present` one more for each block.
void FindLiveClasses(const Memory& memory, const PageMap* present, VtableOracle& oracle,
                     std::span<UnnamedBlock> blocks);

}  // namespace seep
