// The snapshot's classes, one row each, whoever saw them first: a stamp of the profiler, a look at
// live memory, or a derived class that names them as its base.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "snapshot/builder.h"

namespace seep {

class ClassTable {
 public:
  // The row of the class with this typeinfo; without one (default CodeLocation), with this vtable.
  // Makes it, or fills in the name and vtable that it lacked. `klass.bases` is ignored.
  ClassId Add(const Class& klass, const CodeLocation& typeinfo);

  // The row of what has this name and neither typeinfo nor vtable.
  ClassId AddNamed(const std::string& name, ClassEvidence evidence);

  // Once only, if it is there already.
  void AddBase(ClassId derived, const BaseClass& base);

  // Hands the rows to the builder, under the same ids. Returns how many base links were left out
  // because they would have made a class its own base: no compiler writes such, damage may.
  uint64_t MoveTo(SnapshotBuilder& builder) &&;

 private:
  uint64_t CutCycles();

  std::vector<Class> rows_;
  absl::flat_hash_map<CodeLocation, ClassId> by_typeinfo_;
  absl::flat_hash_map<CodeLocation, ClassId> by_vtable_;
  absl::flat_hash_map<std::pair<std::string, ClassEvidence>, ClassId> by_name_;
};

}  // namespace seep
