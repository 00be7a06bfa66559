// How much the profiler may hold. All tables are fixed and lie in .bss, where untouched pages cost
// nothing: a process with few samples pays for few pages. Nothing here may need a dynamic
// initialiser, which would run after the library is at work and wipe it: a rule test looks at
// .init_array.
#pragma once

#include <cstdint>

namespace seep::profiler {

inline constexpr uint32_t kSlotCapacity = 1 << 16;  // live samples; thinning starts at 3/4
inline constexpr uint32_t kStackCapacity = 1 << 14;
inline constexpr uint32_t kFrameCapacity = 1 << 18;
inline constexpr uint32_t kModuleCapacity = 1024;
inline constexpr uint32_t kClassCapacity = 4096;
inline constexpr uint32_t kLabelCapacity = 4096;
inline constexpr uint32_t kDeathCapacity = 1 << 15;
inline constexpr uint32_t kEventCapacity = 64;
inline constexpr uint32_t kIntervalCapacity = 256;
inline constexpr uint32_t kNoticeCapacity = 128;
inline constexpr uint32_t kStringCapacity = 1 << 19;  // bytes

inline constexpr uint32_t kMaxFrames = 96;      // of one stack
inline constexpr uint32_t kShortFrames = 8;     // once the frame pool is nearly full
inline constexpr uint32_t kMaxLabelDepth = 8;   // nested scopes kept
inline constexpr uint32_t kMaxLabelText = 256;  // bytes of a key or value

inline constexpr uint64_t kDefaultInterval = 512 << 10;  // bytes between samples, mean
inline constexpr uint64_t kMaxLeg = 4 << 20;             // bytes between looks at the interval
inline constexpr uint64_t kMaxCharge = uint64_t{1} << 40;

}  // namespace seep::profiler
