#include "analysis/class_catalog.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace seep {
namespace {

std::string EvidenceName(ClassEvidence evidence) {
  switch (evidence) {
    case ClassEvidence::kRtti:
      return "rtti";
    case ClassEvidence::kVtableSymbol:
      return "vtable symbol";
    case ClassEvidence::kVtable:
      return "vtable";
    case ClassEvidence::kPointerType:
      return "pointer type";
    case ClassEvidence::kHolder:
      return "holder";
  }
  return "vtable";
}

// Up to the next power of two: so many rows that a person reads them, and no byte outside of them.
uint64_t RoundedSize(const Block& block) {
  constexpr uint64_t kSmallest = 16;
  constexpr uint64_t kLargest = uint64_t{1} << 62;
  if (block.content == Content::kNotExamined) return 0;
  return std::bit_ceil(std::clamp(block.size, kSmallest, kLargest));
}

// A raw count of vtable pointers finds objects, and no blocks.
bool IsRaw(const Block& block) { return block.size == 0; }

uint64_t PlaceInBlock(const Block& block) {
  return uint64_t{block.class_offset} << 2 | (block.objects > 1 ? 2 : 0) | (IsRaw(block) ? 1 : 0);
}

// "16 B", "4 KiB", "8 MiB".
std::string PowerOfTwo(uint64_t bytes) {
  constexpr std::array kUnits = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  auto exponent = static_cast<size_t>(std::countr_zero(bytes));
  return absl::StrCat(uint64_t{1} << exponent % 10, kUnits[exponent / 10]);
}

std::string FormByContent(const Block& block) {
  if (block.content == Content::kNotExamined) return "";
  return absl::StrCat(ContentName(block.content), ", up to ", PowerOfTwo(RoundedSize(block)));
}

}  // namespace

ClassCatalog::ClassCatalog(const Snapshot& snapshot, const SymbolTable& symbols, const Sites& sites)
    : snapshot_(snapshot), symbols_(symbols), sites_(sites) {
  for (size_t i = 0; i < snapshot.classes.size(); ++i) {
    // Of several with one name (in two modules), one that knows its bases.
    ClassId& named = by_name_.try_emplace(NameOf(ClassId(i)), ClassId(i)).first->second;
    if (snapshot.classes[named.index()].bases.empty()) named = ClassId(i);
  }
}

size_t ClassCatalog::Of(const Block& block) {
  size_t site = sites_.Of(block.stack);
  uint64_t detail = IsObject(block) ? PlaceInBlock(block) : RoundedSize(block);
  auto [it, fresh] = by_block_.try_emplace({block.klass, detail, block.content, site}, 0);
  if (fresh) it->second = Intern(Identify(block, TypeFromSite(sites_.rows()[site].frames)));
  return it->second;
}

size_t ClassCatalog::OfEmbedded(ClassId klass) {
  ClassRow row = OfFoundClass(klass);
  auto is_of_class = [&](const ClassRow& other) {
    return other.name == row.name && other.module == row.module && other.evidence == row.evidence;
  };
  auto whole = std::ranges::find_if(
      rows_, [&](const ClassRow& other) { return is_of_class(other) && other.form == row.form; });
  auto any = whole != rows_.end() ? whole : std::ranges::find_if(rows_, is_of_class);
  if (any != rows_.end()) return static_cast<size_t>(any - rows_.begin());
  return Intern(std::move(row));
}

ClassId ClassCatalog::HeldBy(ClassId klass) const {
  std::optional<HeldType> held = UnwrapLibraryType(NameOf(klass));
  auto known = held ? by_name_.find(held->name) : by_name_.end();
  return known == by_name_.end() ? ClassId() : known->second;
}

std::optional<size_t> ClassCatalog::Find(const Block& like) const {
  auto row = by_key_.find(KeyOf(Identify(like, std::nullopt)));
  if (row == by_key_.end()) return std::nullopt;
  return row->second;
}

ClassRow ClassCatalog::Identify(const Block& block, const std::optional<HeldType>& held) const {
  if (!IsObject(block)) {
    ClassRow row;
    row.name = held ? held->name : kNoClass;
    row.form = held ? held->form : FormOfBlock(block);
    row.content = block.content;
    row.evidence = held ? "site" : block.klass.is_none() ? "none" : "holder";
    return row;
  }
  ClassRow row = OfFoundClass(block.klass);
  if (held && held->name == row.name) {
    row.form = held->form;
  } else if (IsRaw(block)) {
    row.form = "raw count";
  } else if (block.objects > 1) {
    row.form = "array";
  } else if (row.form.empty() && block.class_offset != 0) {
    row.form = absl::StrCat("at +", block.class_offset);
  }
  return row;
}

// A class is known of it.
bool ClassCatalog::IsObject(const Block& block) const {
  return !block.klass.is_none() &&
         snapshot_.classes[block.klass.index()].evidence != ClassEvidence::kHolder;
}

// Who holds it, where that is known, else what is in it.
std::string ClassCatalog::FormOfBlock(const Block& block) const {
  if (block.klass.is_none()) return FormByContent(block);
  return absl::StrCat(NameOf(block.klass), ", up to ", PowerOfTwo(RoundedSize(block)));
}

ClassRow ClassCatalog::OfFoundClass(ClassId klass) const {
  const Class& found = snapshot_.classes[klass.index()];
  ClassRow row;
  row.name = NameOf(klass);
  row.evidence = EvidenceName(found.evidence);
  row.module = ModulePath(snapshot_, found.vtable.module);
  // A control block of make_shared<T> holds a T; where T itself is known, so are T's bases.
  if (std::optional<HeldType> held = UnwrapLibraryType(row.name)) {
    row.name = held->name;
    row.form = held->form;
    auto known = by_name_.find(row.name);
    if (known == by_name_.end()) return row;
    klass = known->second;
  }
  absl::flat_hash_set<std::string> seen = {row.name};
  for (ClassId base : Ancestors(klass)) {
    std::string name = NameOf(base);
    if (seen.insert(name).second) row.bases.push_back(std::move(name));
  }
  return row;
}

std::string ClassCatalog::NameOf(ClassId klass) const {
  const Class& found = snapshot_.classes[klass.index()];
  if (klass.index() < symbols_.class_names.size() && !symbols_.class_names[klass.index()].empty()) {
    return symbols_.class_names[klass.index()];
  }
  if (!found.mangled.empty()) return found.mangled;
  return absl::StrCat("(vtable at ", LocationName(snapshot_, found.vtable), ")");
}

// Nearest first, so breadth first; with a diamond each of them once.
std::vector<ClassId> ClassCatalog::Ancestors(ClassId klass) const {
  std::vector<ClassId> queue = {klass};
  absl::flat_hash_set<ClassId> seen = {klass};
  for (size_t i = 0; i < queue.size(); ++i) {
    for (const BaseClass& base : snapshot_.classes[queue[i].index()].bases) {
      if (seen.insert(base.base).second) queue.push_back(base.base);
    }
  }
  queue.erase(queue.begin());
  return queue;
}

size_t ClassCatalog::Intern(ClassRow row) {
  auto [it, fresh] = by_key_.try_emplace(KeyOf(row), rows_.size());
  if (!fresh) return it->second;
  std::vector<size_t>& roll_up = roll_up_.emplace_back();
  if (row.name != kNoClass) {
    roll_up.push_back(InternBase(row.name, row));
    for (const std::string& base : row.bases) roll_up.push_back(InternBase(base, row));
  }
  rows_.push_back(std::move(row));
  return rows_.size() - 1;
}

size_t ClassCatalog::InternBase(const std::string& name, const ClassRow& unknown) {
  auto [it, fresh] = base_by_name_.try_emplace(name, base_rows_.size());
  if (!fresh) return it->second;
  auto known = by_name_.find(name);
  ClassRow row = known == by_name_.end() ? unknown : OfFoundClass(known->second);
  row.name = name;
  row.form.clear();
  base_rows_.push_back(std::move(row));
  return it->second;
}

}  // namespace seep
