#include "heap/vtable_oracle.h"

#include <algorithm>

#include "heap/mangled_name.h"

namespace seep {
namespace {

constexpr uint64_t kWord = 8;
// Real hierarchies are below 30 deep and 100 wide; damaged ones may be a ring.
constexpr int kMaxDepth = 64;
constexpr uint32_t kMaxBases = 1024;
// The largest programs have some ten thousand classes with vtables.
constexpr size_t kMaxClasses = 1 << 18;
constexpr size_t kMaxNameBytes = 64 << 20;
// Secondary ones included; what is remembered of other words costs as much.
constexpr size_t kMaxVtables = 1 << 20;
constexpr size_t kMaxNoVtables = 1 << 20;
// An object of 1 GiB.
constexpr int64_t kMinOffsetToTop = -(int64_t{1} << 30);

// __vmi_class_type_info's offset_flags (ABI 2.9.5, item 7).
constexpr uint64_t kVirtualBase = 1;
constexpr int kOffsetShift = 8;

}  // namespace

VtableOracle::VtableOracle(const Memory& memory, std::span<const LoadedModule> modules)
    : memory_(memory) {
  for (const LoadedModule& module : modules) {
    segments_.insert(segments_.end(), module.segments.begin(), module.segments.end());
    for (const Segment& segment : module.segments) {
      bool constant = !segment.writable && !segment.executable;
      if (module.module.load_bias == 0 && constant) fixed_constants_.push_back(segment.range);
    }
  }
  std::ranges::sort(segments_, {}, [](const Segment& s) { return s.range.begin; });
}

const Segment* VtableOracle::SegmentOf(Address address) const {
  auto after = std::ranges::upper_bound(segments_, address, {},
                                        [](const Segment& s) { return s.range.begin; });
  if (after == segments_.begin()) return nullptr;
  const Segment& candidate = *std::prev(after);
  return candidate.range.contains(address) ? &candidate : nullptr;
}

std::optional<uint64_t> VtableOracle::WordInModule(Address address) const {
  if (address.value() % kWord != 0 || SegmentOf(address) == nullptr) return std::nullopt;
  return ReadWord(memory_, address);
}

std::optional<VtableOracle::Answer> VtableOracle::Classify(uint64_t word) {
  if (word % kWord != 0 || SegmentOf(Address(word)) == nullptr) return std::nullopt;
  auto known = vtables_.find(word);
  if (known != vtables_.end()) return known->second;
  if (no_vtables_.contains(word)) return std::nullopt;
  std::optional<Answer> answer = Examine(Address(word));
  if (answer.has_value() && vtables_.size() < kMaxVtables) {
    vtables_[word] = *answer;
    return answer;
  }
  vtables_too_many_ += answer.has_value();
  if (no_vtables_.size() >= kMaxNoVtables) no_vtables_.clear();
  no_vtables_.insert(word);
  return std::nullopt;
}

std::optional<VtableOracle::Answer> VtableOracle::Examine(Address vptr) {
  std::optional<uint64_t> typeinfo = WordInModule(vptr - kWord);
  std::optional<uint64_t> to_top = WordInModule(vptr - 2 * kWord);
  if (!typeinfo.has_value() && !to_top.has_value()) return ExamineAbsent(vptr);
  if (!typeinfo.has_value() || !to_top.has_value()) return std::nullopt;
  auto offset_to_top = static_cast<int64_t>(*to_top);
  if (offset_to_top > 0 || offset_to_top < kMinOffsetToTop || offset_to_top % 8 != 0) {
    return std::nullopt;
  }
  if (*typeinfo == 0) return offset_to_top == 0 ? ExamineWithoutRtti(vptr) : std::nullopt;
  std::optional<size_t> klass = ClassOf(Address(*typeinfo), 0);
  if (!klass.has_value()) klass = AddWithoutName(vptr, Address(*typeinfo));
  if (!klass.has_value()) return std::nullopt;
  Address& vtable = classes_[*klass].vtable;
  if (vtable.is_null() || offset_to_top == 0) vtable = vptr;  // the primary one names the class
  return Answer{*klass, offset_to_top};
}

// Two nulls and a code address in memory that nobody may write: so much a table of C callbacks may
// have, too. The evidence says so.
std::optional<VtableOracle::Answer> VtableOracle::ExamineWithoutRtti(Address vptr) {
  if (!IsConstantWithMethod(vptr) || classes_.size() >= kMaxClasses) return std::nullopt;
  SeenClass nameless;
  nameless.vtable = vptr;
  nameless.evidence = ClassEvidence::kVtable;
  classes_.push_back(std::move(nameless));
  return Answer{classes_.size() - 1, 0};
}

// A core without its binary, of a program that is not relocated: its vtables are constants of the
// file, and absent. (A relocated one writes its vtables when it starts, so that they are saved.)
// Other constants are, too, such as texts.
std::optional<VtableOracle::Answer> VtableOracle::ExamineAbsent(Address vptr) {
  bool may_be = std::ranges::any_of(
      fixed_constants_, [vptr](const AddressRange& range) { return range.contains(vptr); });
  if (!may_be || ReadWord(memory_, vptr).has_value() || classes_.size() >= kMaxClasses) {
    return std::nullopt;
  }
  SeenClass nameless;
  nameless.vtable = vptr;
  nameless.evidence = ClassEvidence::kVtable;
  classes_.push_back(std::move(nameless));
  ++guessed_vtables_;
  return Answer{.klass = classes_.size() - 1, .is_guess = true};
}

bool VtableOracle::IsConstantWithMethod(Address vptr) const {
  if (SegmentOf(vptr)->writable) return false;
  std::optional<uint64_t> method = WordInModule(vptr);
  const Segment* code = method.has_value() ? SegmentOf(Address(*method)) : nullptr;
  return code != nullptr && code->executable;
}

// A core without its binary: vtable and typeinfo are relocated data, and saved, but the name is a
// constant of the file, and absent. Only then: a name that is there and no name is no class.
std::optional<size_t> VtableOracle::AddWithoutName(Address vptr, Address typeinfo) {
  std::optional<uint64_t> kind = WordInModule(typeinfo);
  std::optional<uint64_t> name = WordInModule(typeinfo + kWord);
  if (!kind.has_value() || SegmentOf(Address(*kind)) == nullptr || !name.has_value() ||
      SegmentOf(Address(*name)) == nullptr || classes_.size() >= kMaxClasses) {
    return std::nullopt;
  }
  uint8_t byte;
  bool absent = memory_.Read(Address(*name), {&byte, 1}) == 0;
  if (!absent || !IsConstantWithMethod(vptr)) return std::nullopt;
  SeenClass nameless;
  nameless.typeinfo = typeinfo;
  nameless.evidence = ClassEvidence::kVtable;
  class_by_typeinfo_[typeinfo.value()] = classes_.size();
  classes_.push_back(std::move(nameless));
  return classes_.size() - 1;
}

std::optional<std::string> VtableOracle::TypeName(Address typeinfo) const {
  std::optional<uint64_t> name = WordInModule(typeinfo + kWord);
  if (!name.has_value() || SegmentOf(Address(*name)) == nullptr) return std::nullopt;
  std::optional<std::string> text = ReadCString(memory_, Address(*name), kMaxMangledLength);
  if (!text.has_value() || !IsPlausibleClassName(*text)) return std::nullopt;
  return WithoutLocalMark(*text);
}

VtableOracle::Kind VtableOracle::KindOf(Address typeinfo) {
  std::optional<uint64_t> vptr = WordInModule(typeinfo);
  if (!vptr.has_value()) return Kind::kNone;
  auto [known, inserted] = kinds_.try_emplace(*vptr, Kind::kNone);
  if (!inserted) return known->second;
  std::optional<uint64_t> own_typeinfo = WordInModule(Address(*vptr) - kWord);
  if (!own_typeinfo.has_value()) return Kind::kNone;
  std::optional<std::string> name = TypeName(Address(*own_typeinfo));
  if (name == "N10__cxxabiv117__class_type_infoE") known->second = Kind::kPlain;
  if (name == "N10__cxxabiv120__si_class_type_infoE") known->second = Kind::kSingle;
  if (name == "N10__cxxabiv121__vmi_class_type_infoE") known->second = Kind::kMultiple;
  return known->second;
}

std::optional<size_t> VtableOracle::ClassOf(Address typeinfo, int depth) {
  auto known = class_by_typeinfo_.find(typeinfo.value());
  if (known != class_by_typeinfo_.end()) return known->second;
  if (depth > kMaxDepth || classes_.size() >= kMaxClasses || name_bytes_ > kMaxNameBytes) {
    return std::nullopt;
  }
  // Until its bases are read it is unknown, also to a base that would name it as its own.
  class_by_typeinfo_[typeinfo.value()] = std::nullopt;
  Kind kind = KindOf(typeinfo);
  if (kind == Kind::kNone) return std::nullopt;
  std::optional<std::string> name = TypeName(typeinfo);
  if (!name.has_value()) return std::nullopt;

  size_t klass = classes_.size();
  name_bytes_ += name->size();
  SeenClass& seen = classes_.emplace_back();
  seen.mangled = *std::move(name);
  seen.typeinfo = typeinfo;
  if (kind == Kind::kSingle) ReadSingleBase(typeinfo, klass, depth);
  if (kind == Kind::kMultiple) ReadBases(typeinfo, klass, depth);
  class_by_typeinfo_[typeinfo.value()] = klass;
  return klass;
}

// {vptr, name, base}
void VtableOracle::ReadSingleBase(Address typeinfo, size_t derived, int depth) {
  std::optional<uint64_t> base = WordInModule(typeinfo + 2 * kWord);
  AddBase(derived, Address(base.value_or(0)), 0, false, depth);
}

// {vptr, name, u32 flags, u32 base count, {base, offset_flags}…}
void VtableOracle::ReadBases(Address typeinfo, size_t derived, int depth) {
  std::optional<uint64_t> flags_and_count = WordInModule(typeinfo + 2 * kWord);
  auto count = static_cast<uint32_t>(flags_and_count.value_or(0) >> 32);
  if (count > std::min<uint64_t>(kMaxBases, bases_left_)) {
    ++unreadable_bases_;
    return;
  }
  bases_left_ -= count;
  for (uint32_t i = 0; i < count; ++i) {
    Address entry = typeinfo + (3 + 2 * uint64_t{i}) * kWord;
    std::optional<uint64_t> base = WordInModule(entry);
    std::optional<uint64_t> offset_flags = WordInModule(entry + kWord);
    if (!base.has_value() || !offset_flags.has_value()) {
      ++unreadable_bases_;
      continue;
    }
    // A virtual base's "offset" is where in the vtable its offset stands; it differs by object.
    bool is_virtual = (*offset_flags & kVirtualBase) != 0;
    int64_t offset = is_virtual ? 0 : static_cast<int64_t>(*offset_flags) >> kOffsetShift;
    AddBase(derived, Address(*base), offset, is_virtual, depth);
  }
}

void VtableOracle::AddBase(size_t derived, Address base, int64_t offset, bool is_virtual,
                           int depth) {
  std::optional<size_t> klass = ClassOf(base, depth + 1);
  if (!klass.has_value()) {
    ++unreadable_bases_;
    return;
  }
  classes_[derived].bases.push_back({*klass, offset, is_virtual});
}

}  // namespace seep
