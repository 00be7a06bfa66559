#include "report/instances_words.h"

#include "absl/strings/str_cat.h"
#include "analysis/names.h"
#include "report/format.h"

namespace seep {
namespace {

std::string PlusOffset(uint64_t offset) {
  auto is_signed = static_cast<int64_t>(offset);
  if (is_signed == 0) return "";
  if (is_signed < 0) return absl::StrCat("-0x", absl::Hex(-offset));
  return absl::StrCat("+0x", absl::Hex(offset));
}

std::string Code(const LookedAt& look, const SymbolTable& symbols, const CodeLocation& code) {
  std::string place = LocationName(look.modules, code);
  std::string name = FunctionName(symbols, code);
  return name.empty() ? place : absl::StrCat(name, " (", place, ")");
}

std::string Data(const LookedAt& look, const CodeLocation& location) {
  return absl::StrCat("data of ", LocationName(look.modules, location));
}

std::string Contents(Content content) {
  std::string name = ContentName(content);
  return name.empty() ? "no class" : absl::StrCat("no class, ", name);
}

std::string LiveBlock(const LookedAt& look, const AddressPlace& place) {
  std::string text = absl::StrCat("live block ", HexAddress(place.block), ", ", place.block_size,
                                  " B usable, of ", place.name, ": ");
  if (place.klass == kClassless) {
    return absl::StrCat(text, Contents(place.content), "; ", place.offset, " B into it");
  }
  absl::StrAppend(&text, ClassName(look, place.klass));
  if (place.objects > 1) absl::StrAppend(&text, "[", place.objects, "]");
  if (place.class_offset > 0) absl::StrAppend(&text, " at +", place.class_offset);
  const std::vector<std::string>& bases = look.classes[place.klass].bases;
  for (size_t i = 0; i < bases.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? " : " : ", ", bases[i]);
  }
  return absl::StrCat(text, "; ", place.offset, " B into it");
}

std::string FreeBlock(const AddressPlace& place) {
  if (place.block.is_null()) return absl::StrCat("free memory of ", place.name);
  return absl::StrCat("free block ", HexAddress(place.block), ", ", place.block_size, " B, of ",
                      place.name);
}

std::string DescribePlace(const LookedAt& look, const SymbolTable& symbols,
                          const AddressPlace& place) {
  switch (place.kind) {
    case PlaceKind::kNowhere:
      return "not mapped";
    case PlaceKind::kLiveBlock:
      return LiveBlock(look, place);
    case PlaceKind::kFreeBlock:
      return FreeBlock(place);
    case PlaceKind::kAllocatorData:
      return absl::StrCat("data of the allocator ", place.name);
    case PlaceKind::kCode:
      return absl::StrCat("code ", Code(look, symbols, place.location));
    case PlaceKind::kVtable:
      return absl::StrCat("vtable of ", ClassName(look, place.klass), " (",
                          LocationName(look.modules, place.location), ")");
    case PlaceKind::kModuleData:
      return Data(look, place.location);
    case PlaceKind::kStack:
      return absl::StrCat("stack of ", place.name);
    case PlaceKind::kMapping:
      return absl::StrCat("mapping: ", place.name);
  }
  return "";
}

// The one that DescribePlace names.
bool IsTheBlocks(const ObjectPlace& object, const AddressPlace& place) {
  return place.kind == PlaceKind::kLiveBlock && object.klass == place.klass &&
         object.start == place.block + place.class_offset;
}

}  // namespace

std::string HexAddress(Address address) { return absl::StrCat("0x", absl::Hex(address.value())); }

std::string ClassName(const LookedAt& look, size_t klass) {
  return klass < look.classes.size() ? look.classes[klass].name : std::string(kNoClass);
}

std::string FunctionName(const SymbolTable& symbols, const CodeLocation& code) {
  const Symbol* symbol = symbols.Find(AfterFirstByte(code));
  return symbol == nullptr || symbol->frames.empty() ? "" : symbol->frames.back().function;
}

std::string WordKindName(WordKind kind) {
  switch (kind) {
    case WordKind::kZero:
      return "zero";
    case WordKind::kNumber:
      return "number";
    case WordKind::kOwnBlock:
      return "own block";
    case WordKind::kLiveBlock:
      return "live block";
    case WordKind::kFreeBlock:
      return "free block";
    case WordKind::kAllocatorData:
      return "allocator data";
    case WordKind::kCode:
      return "code";
    case WordKind::kVirtualMethod:
      return "virtual method";
    case WordKind::kVtable:
      return "vtable";
    case WordKind::kModuleData:
      return "module data";
    case WordKind::kStack:
      return "stack";
    case WordKind::kMapping:
      return "mapping";
    case WordKind::kUnread:
      return "not in memory";
  }
  return "number";
}

std::string PlaceKindName(PlaceKind kind) {
  switch (kind) {
    case PlaceKind::kNowhere:
      return "nowhere";
    case PlaceKind::kLiveBlock:
      return "live block";
    case PlaceKind::kFreeBlock:
      return "free block";
    case PlaceKind::kAllocatorData:
      return "allocator data";
    case PlaceKind::kCode:
      return "code";
    case PlaceKind::kVtable:
      return "vtable";
    case PlaceKind::kModuleData:
      return "module data";
    case PlaceKind::kStack:
      return "stack";
    case PlaceKind::kMapping:
      return "mapping";
  }
  return "nowhere";
}

std::string DescribeWord(const LookedAt& look, const SymbolTable& symbols,
                         const WordMeaning& meaning) {
  switch (meaning.kind) {
    case WordKind::kZero:
      return "0";
    case WordKind::kNumber:
      return absl::StrCat(meaning.value);
    case WordKind::kOwnBlock:
      return absl::StrCat("itself", PlusOffset(meaning.value));
    case WordKind::kLiveBlock:
      if (meaning.klass != kClassless) {
        return absl::StrCat("live ", ClassName(look, meaning.klass), PlusOffset(meaning.value));
      }
      return absl::StrCat("live block (", Contents(meaning.content), ", up to ",
                          FormatInterval(meaning.size), ")", PlusOffset(meaning.value));
    case WordKind::kFreeBlock:
      return "freed memory";
    case WordKind::kAllocatorData:
      return absl::StrCat("data of the allocator ", meaning.name);
    case WordKind::kCode:
      return absl::StrCat("code ", Code(look, symbols, meaning.location));
    case WordKind::kVirtualMethod:
      return absl::StrCat("virtual method ", meaning.value,
                          " of what it points at: ", Code(look, symbols, meaning.location));
    case WordKind::kVtable:
      return absl::StrCat("vtable of ", ClassName(look, meaning.klass));
    case WordKind::kModuleData:
      return Data(look, meaning.location);
    case WordKind::kStack:
      return absl::StrCat("stack (", meaning.name, ")");
    case WordKind::kMapping:
      return meaning.name;
    case WordKind::kUnread:
      return "not in memory";
  }
  return "";
}

std::string DescribeAnswer(const LookedAt& look, const SymbolTable& symbols,
                           const AddressLook::Answer& answer) {
  std::string text = DescribePlace(look, symbols, answer.place);
  if (!answer.object || IsTheBlocks(*answer.object, answer.place)) return text;
  return absl::StrCat(text, "; there: ", ClassName(look, answer.object->klass), " at ",
                      HexAddress(answer.object->start));
}

}  // namespace seep
