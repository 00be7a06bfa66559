// The frames between the code that wanted memory and malloc: nobody's call site.
#pragma once

#include <cstddef>
#include <span>

#include "analysis/findings.h"

namespace seep {

// Index of the first frame, leaf first, that is not allocator machinery: malloc and its kin,
// operator new, everything of the C++ standard library (std::make_unique, allocators, containers
// growing), and factories like it: a function template named Make…, New… or Create… is written once
// and called from everywhere, as in common::NewCallback<Handler, Env*>. The outermost frame when
// all of them are machinery; 0 when there is none.
size_t FirstFrameOfInterest(std::span<const SiteFrame> leaf_first);

// The leading frames before it, i.e. the allocator machinery.
std::span<const SiteFrame> AllocatorFrames(std::span<const SiteFrame> leaf_first);

}  // namespace seep
