// The Itanium C++ ABI's vtables and typeinfos (§2.5, §2.9.5), read in our own process.
//
//   vptr ──► vtable  … │ offset to top │ typeinfo │ function 0 │ function 1 …
//                        vptr[-2]        vptr[-1]   ▲ vptr points here ("address point")
//   typeinfo           │ vptr of its kind │ name │ base (single) or flags, count, bases (multiple)
//
// The kind is recognised by the name of the typeinfo's own typeinfo, so it works with stripped and
// static programs and with any C++ library.
#pragma once

#include <cstdint>
#include <string_view>

namespace seep::profiler {

struct BaseInfo {
  uintptr_t typeinfo;
  int32_t offset;  // INT32_MIN: virtual
};

struct ClassInfo {
  static constexpr uint32_t kMaxBases = 6;
  uintptr_t typeinfo = 0;  // 0: compiled without RTTI
  std::string_view name;   // mangled
  int64_t offset_to_top = 0;
  uint32_t base_count = 0;  // all of them; the first kMaxBases are in `bases`
  BaseInfo bases[kMaxBases];
};

// False: not the address point of a vtable in an initial module.
bool ReadVtable(uintptr_t vptr, ClassInfo* info);

// False: not a class's typeinfo in an initial module.
bool ReadTypeinfo(uintptr_t typeinfo, ClassInfo* info);

}  // namespace seep::profiler
