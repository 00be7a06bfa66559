// FLAGS_tcmalloc_sample_parameter of a running gperftools heap: the mean number of bytes between
// two samples, 0 for none. Each thread reads it when its counter runs out, while sampling is off
// every 16 MiB (sampler.cc, PickNextSamplingPoint): one store switches sampling on or off.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "heap/target.h"

namespace seep {

struct TcmallocSamplingFlag {
  Address address;
  std::string proof;  // how it is known, for people
};

// By its symbol where one module exports it. Else, in a stripped program that tcmalloc is linked
// into, by two independent proofs that must name one variable:
//   * what the generator of sampling distances reads: code around the constants 16 MiB and
//     0x5deece66d, of its random numbers;
//   * where the environment's TCMALLOC_SAMPLE_PARAMETER goes: code behind the use of that string.
//
// NOT_FOUND: no gperftools heap. FAILED_PRECONDITION: a minimal build, with sampling compiled out
// (then no thread's sampler counts), or no proof: nothing may be written then. Cost: that
// of finding the heap, and 2 ns a byte of its module's code. x86-64.
absl::StatusOr<TcmallocSamplingFlag> FindTcmallocSamplingFlag(const Target& target);

}  // namespace seep
