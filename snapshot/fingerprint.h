// Names for classes and call sites that mean the same on every host, in every run, in every file:
// 64-bit hashes of what does not change from run to run. Never of addresses.
//
//   module    'B', build-id length (8 bytes), build-id        'P', path length, path: no build-id
//             'N': no module is known there
//   position  module, then the offset (8 bytes; absent after 'N', where it would be an address)
//   class     FNV-1a of 'C', mangled name           or, unnamed, of 'V', position of the vtable
//   site      FNV-1a of the caller's fingerprint (8 bytes; outermost frame: 0), position
//
// Integers little-endian. FNV-1a (64 bits: offset basis 0xcbf29ce484222325, prime 0x100000001b3)
// because anybody can write it in five lines of any language. A million distinct sites collide
// with probability 3e-8; whoever forges a file can make collisions, but also simply lie.
//
// A class keeps its fingerprint over versions of a program, a site only within one build.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "snapshot/snapshot.h"

namespace seep {

using Fingerprint = uint64_t;

// Raised whenever the recipe above changes. Only fingerprints of one version compare.
inline constexpr int kFingerprintVersion = 1;

Fingerprint ClassFingerprint(const Class& klass, std::span<const Module> modules);

// Of every stack, by StackId. How a stack ends (StackEnd) does not count.
std::vector<Fingerprint> SiteFingerprints(const StackTree& stacks, std::span<const Module> modules);

}  // namespace seep
