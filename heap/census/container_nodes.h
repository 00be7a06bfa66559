// Nodes of the library's containers among blocks that have no class: told by how they point at one
// another, and of several node types the one whose pointers lie where the blocks have theirs.
//
//   hash   ──► next            one link, and an array of buckets points at them, too
//   list   ◄─► next, previous  links at +0 and +8
//   tree   ◄─► parent at +8, children at +16 and +24
//   forward list ──► next      one link
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "heap/census/debug_pointers.h"
#include "heap/target.h"

namespace seep {

// Of the blocks of one size: which part is held from where, 0..1.
struct LinkShares {
  std::array<double, 4> by_like = {};  // at word 0, 1, 2, 3 of a block of the same size
  double as_child = 0;                 // at word 2 or 3
  double in_array = 0;                 // in a larger block, anywhere
};

NodeKind NodeKindByLinks(const LinkShares& shares);

// "hash node"; "" for kNone.
const char* NodeKindName(NodeKind kind);

// Of some blocks of one size, word by word: which part holds a pointer, or zero, 0..1.
struct WordProfile {
  struct Word {
    double pointer = 0;  // to memory that is mapped
    double zero = 0;
  };
  std::vector<Word> words;  // none: nothing could be read
};
WordProfile ProfileWords(const Target& target, std::span<const Address> blocks, uint64_t usable);

// Whether objects of that size, with pointers at these places, can be what was profiled: pointers
// point somewhere or are null, and whatever always points somewhere is a pointer.
bool FitsProfile(std::span<const DebugPointers::Pointer> pointers, uint64_t size,
                 const WordProfile& profile);

// Whether a block of so many usable bytes may have been asked for to hold one object of `size`.
bool FitsBlock(uint64_t size, uint64_t usable);

}  // namespace seep
