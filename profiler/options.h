// SEEP_OPTIONS=key=value:key=value (a ':' inside a value is written "\:").
//
//   sample=512KiB    mean bytes between samples; 1 = every block; off = none until switched on
//   output=PATH      directory, or file, for the recording; default: /dev/shm/seep-UID/
//   rss=on           read /proc/self/statm and the cgroup at each pulse (once a second at most):
//   off by
//                    default, because a seccomp filter may kill for a system call that malloc never
//                    makes
//   keep=16          recordings of dead processes kept in a directory (the newest)
//   keep_bytes=256MiB   and their total size
//   profile=off      load, but do nothing
#pragma once

#include <cstdint>

#include "profiler/limits.h"
#include "profiler/text.h"

namespace seep::profiler {

struct Options {
  bool profile = true;
  uint64_t interval = kDefaultInterval;
  Text<512> output;
  bool rss = false;
  uint64_t keep = 16;
  uint64_t keep_bytes = 256 << 20;
};

// `report` is called with each part that was not understood; the rest takes effect.
Options ParseOptions(const char* text, void (*report)(const char* part));

}  // namespace seep::profiler
