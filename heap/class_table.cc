#include "heap/class_table.h"

#include <algorithm>
#include <utility>

namespace seep {

ClassId ClassTable::Add(const Class& klass, const CodeLocation& typeinfo) {
  bool has_typeinfo = typeinfo != CodeLocation();
  ClassId next(rows_.size());
  auto [it, inserted] = has_typeinfo ? by_typeinfo_.try_emplace(typeinfo, next)
                                     : by_vtable_.try_emplace(klass.vtable, next);
  if (inserted) {
    rows_.push_back(klass);
    rows_.back().bases.clear();
    return next;
  }
  Class& row = rows_[it->second.index()];
  if (row.mangled.empty()) row.mangled = klass.mangled;
  if (row.vtable == CodeLocation()) row.vtable = klass.vtable;
  return it->second;
}

ClassId ClassTable::AddNamed(const std::string& name, ClassEvidence evidence) {
  auto [it, fresh] = by_name_.try_emplace({name, evidence}, ClassId(rows_.size()));
  if (fresh) rows_.push_back({.mangled = name, .vtable = {}, .evidence = evidence, .bases = {}});
  return it->second;
}

void ClassTable::AddBase(ClassId derived, const BaseClass& base) {
  std::vector<BaseClass>& bases = rows_[derived.index()].bases;
  if (std::find(bases.begin(), bases.end(), base) == bases.end()) bases.push_back(base);
}

uint64_t ClassTable::CutCycles() {
  enum State : uint8_t { kNew, kOnPath, kDone };
  std::vector<State> state(rows_.size(), kNew);
  struct Step {
    uint32_t row;
    size_t next_base;
  };
  uint64_t cut = 0;
  std::vector<Step> path;  // a stack of our own: a damaged chain may be millions deep
  for (uint32_t start = 0; start < rows_.size(); ++start) {
    if (state[start] != kNew) continue;
    path.push_back({start, 0});
    state[start] = kOnPath;
    while (!path.empty()) {
      Step& step = path.back();
      std::vector<BaseClass>& bases = rows_[step.row].bases;
      if (step.next_base == bases.size()) {
        state[step.row] = kDone;
        path.pop_back();
        continue;
      }
      uint32_t base = bases[step.next_base].base.index();
      if (state[base] == kOnPath) {
        bases.erase(bases.begin() + static_cast<ptrdiff_t>(step.next_base));
        ++cut;
        continue;
      }
      ++step.next_base;
      if (state[base] == kNew) {
        state[base] = kOnPath;
        path.push_back({base, 0});
      }
    }
  }
  return cut;
}

uint64_t ClassTable::MoveTo(SnapshotBuilder& builder) && {
  uint64_t cut = CutCycles();
  std::vector<std::vector<BaseClass>> bases;
  for (Class& row : rows_) {
    bases.push_back(std::exchange(row.bases, {}));
    builder.AddClass(std::move(row));
  }
  for (size_t derived = 0; derived < bases.size(); ++derived) {
    for (const BaseClass& base : bases[derived]) builder.AddBase(ClassId(derived), base);
  }
  return cut;
}

}  // namespace seep
