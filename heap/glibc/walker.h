// glibc malloc behind the interface of all allocators.
#pragma once

#include <memory>
#include <optional>

#include "heap/allocator_walker.h"
#include "heap/glibc/arena.h"
#include "heap/glibc/parameters.h"

namespace seep::glibc {

// `main`: its main arena, in `module`. `parameters`: where they were found. The target must outlive
// the walker.
std::unique_ptr<AllocatorWalker> MakeWalker(const Target& target, const LoadedModule& module,
                                            const Arena& main,
                                            const std::optional<Parameters>& parameters);

}  // namespace seep::glibc
