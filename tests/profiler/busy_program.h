// A program of four threads that allocate and free as fast as they can, each block sampled. Every
// field of a sample follows from one random number k, new for each block that reuses an address:
//
//   size = 64 + 8k    λ at draw = (k + 1) / 64    class Kind<k mod 8>    stack: one of 4, k mod 4
//   labels: thread = its number, k = k       address / kBusyArena: the thread's own
//
// So a record that was put together from two samples gives itself away.
#pragma once

#include <cstdint>
#include <string>

namespace seep::profiler {

inline constexpr uint64_t kBusyThreads = 4;
inline constexpr uint64_t kBusyKinds = 512;  // values of k

inline constexpr uint64_t kBusyArena = 2 << 20;  // bytes

inline uint64_t BusySize(uint64_t k) { return 64 + 8 * k; }
inline double BusyExposure(uint64_t k) { return static_cast<double>(k + 1) / 64; }

// Works until it is killed. `recording`: a file.
[[noreturn]] void RunBusyProgram(const std::string& recording);

}  // namespace seep::profiler
