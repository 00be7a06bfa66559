#include "profiler/rtti.h"

#include <algorithm>
#include <cstring>

#include "profiler/module_table.h"

namespace seep::profiler {
namespace {

constexpr size_t kMaxName = 4096;  // bytes of a mangled name

bool Load(uintptr_t address, uintptr_t* value) {
  if (address % 8 != 0 || !IsInitialMemory(address, sizeof(*value))) return false;
  *value = *reinterpret_cast<const uintptr_t*>(address);
  return true;
}

// A mangled name: printable, terminated, inside one segment.
bool LoadName(uintptr_t address, std::string_view* name) {
  const char* text = reinterpret_cast<const char*>(address);
  for (size_t n = 0; n < kMaxName; ++n) {
    if (!IsInitialMemory(address + n, 1)) return false;
    if (text[n] == '\0') {
      *name = {text, n};
      return n > 0;
    }
    if (text[n] <= ' ' || text[n] > '~') return false;
  }
  return false;
}

bool NameOfTypeinfo(uintptr_t typeinfo, std::string_view* name) {
  uintptr_t address = 0;
  return Load(typeinfo + 8, &address) && LoadName(address, name);
}

enum class Kind { kNone, kPlain, kSingle, kMultiple };

Kind KindOf(uintptr_t typeinfo) {
  uintptr_t vptr = 0, kind_typeinfo = 0;
  std::string_view name;
  if (!Load(typeinfo, &vptr) || !Load(vptr - 8, &kind_typeinfo) ||
      !NameOfTypeinfo(kind_typeinfo, &name)) {
    return Kind::kNone;
  }
  if (name == "N10__cxxabiv117__class_type_infoE") return Kind::kPlain;
  if (name == "N10__cxxabiv120__si_class_type_infoE") return Kind::kSingle;
  if (name == "N10__cxxabiv121__vmi_class_type_infoE") return Kind::kMultiple;
  return Kind::kNone;
}

void ReadSingleBase(uintptr_t typeinfo, ClassInfo* info) {
  uintptr_t base = 0;
  if (!Load(typeinfo + 16, &base)) return;
  info->base_count = 1;
  info->bases[0] = {base, 0};
}

// +16: u32 flags, u32 count; +24: {typeinfo, offset << 8 | public 2 | virtual 1} each.
void ReadMultipleBases(uintptr_t typeinfo, ClassInfo* info) {
  uintptr_t flags_and_count = 0;
  if (!Load(typeinfo + 16, &flags_and_count)) return;
  auto count = static_cast<uint32_t>(flags_and_count >> 32);
  for (uint64_t i = 0; i < std::min(count, ClassInfo::kMaxBases); ++i) {
    uintptr_t base = 0, offset_flags = 0;
    if (!Load(typeinfo + 24 + 16 * i, &base) || !Load(typeinfo + 32 + 16 * i, &offset_flags)) {
      return;
    }
    bool is_virtual = (offset_flags & 1) != 0;
    int64_t offset = static_cast<int64_t>(offset_flags) >> 8;
    info->bases[i] = {base, is_virtual ? INT32_MIN : static_cast<int32_t>(offset)};
    info->base_count = static_cast<uint32_t>(i + 1);
  }
  info->base_count = count;
}

}  // namespace

bool ReadTypeinfo(uintptr_t typeinfo, ClassInfo* info) {
  Kind kind = KindOf(typeinfo);
  if (kind == Kind::kNone || !NameOfTypeinfo(typeinfo, &info->name)) return false;
  info->typeinfo = typeinfo;
  info->base_count = 0;
  if (kind == Kind::kSingle) ReadSingleBase(typeinfo, info);
  if (kind == Kind::kMultiple) ReadMultipleBases(typeinfo, info);
  return true;
}

bool ReadVtable(uintptr_t vptr, ClassInfo* info) {
  uintptr_t offset_to_top = 0, typeinfo = 0, first_function = 0;
  if (!Load(vptr - 16, &offset_to_top) || !Load(vptr - 8, &typeinfo)) return false;
  constexpr int64_t kLargestObject = int64_t{1} << 30;
  auto offset = static_cast<int64_t>(offset_to_top);
  if (offset > 0 || offset < -kLargestObject || IsInitialCode(vptr)) return false;
  info->offset_to_top = offset;
  if (typeinfo != 0) return ReadTypeinfo(typeinfo, info);
  // Without RTTI nothing but the first function speaks for a vtable; a secondary one does not
  // count.
  info->typeinfo = 0;
  info->base_count = 0;
  return offset == 0 && Load(vptr, &first_function) && IsInitialCode(first_function);
}

}  // namespace seep::profiler
