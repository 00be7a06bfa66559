// The central lists of a gperftools heap and, by the spans on them, its page map.
#pragma once

#include <optional>
#include <vector>

#include "base/address.h"
#include "heap/memory.h"
#include "heap/tcmalloc/layout.h"

namespace seep::tcmalloc {

// The array whose elements say 0, 1, 2, … of themselves, as many as there are classes.
std::optional<CentralLists> FindCentralLists(const Memory& memory, const SizeClasses& classes,
                                             AddressRange data);

// One or two spans of each class, from the heads of its lists.
std::vector<Span> SpansOnLists(const Memory& memory, const SizeClasses& classes,
                               const CentralLists& central);

// Spans that each class has by its own count.
std::vector<uint64_t> CountSpans(const Memory& memory, const SizeClasses& classes,
                                 const CentralLists& central);

// Sets the heap's root and shape: from there the page map must lead to most of `known` by their
// page numbers. Of several such places, the one whose words are pointers to leaves or null.
bool FindPageMap(const Memory& memory, const std::vector<Span>& known, AddressRange data,
                 Heap* heap);

}  // namespace seep::tcmalloc
