// Functions whose frames differ in how they are unwound. Compiled with -O2 -fomit-frame-pointer.
#pragma once

#include "tests/profiler/unwind_path.h"

namespace seep::profiler {

void Plain(Path& path);
void ScribblesRbp(Path& path);       // rbp is any number
void PointsRbpAstray(Path& path);    // rbp points into the stack, not at a frame
void KeepsFrame(Path& path);         // 1,000 bytes of locals
void KeepsLargeFrame(Path& path);    // 100 KiB: too large for the cache of rules
void KeepsLargestFrame(Path& path);  // 1 MiB
void GrowsFrame(Path& path);         // alloca
void Aligns(Path& path);             // to 64 bytes
void AlignsAndGrows(Path& path);     // CFA = *(rbp − n)
void PassesOnStack(Path& path);      // rsp moves within the function
void Catches(Path& path);            // goes on in the handler, in the function's cold part
void CleansUp(Path& path);           // goes on in a destructor while an exception passes
void EndsInCall(Path& path);         // the return address is behind the function's end
void Sorts(Path& path);              // goes on below the C library's qsort

inline constexpr PathFunction kAllFrames[] = {
    Plain,          ScribblesRbp,  PointsRbpAstray, KeepsFrame, KeepsLargeFrame, GrowsFrame, Aligns,
    AlignsAndGrows, PassesOnStack, Catches,         CleansUp,   EndsInCall,      Sorts,
};

}  // namespace seep::profiler
