#include "heap/oracle_classes.h"

namespace seep {

std::vector<ClassId> AddOracleClasses(const VtableOracle& oracle, ModuleTable& modules,
                                      ClassTable& classes) {
  auto locate = [&](Address address) {
    return address.is_null() ? CodeLocation() : modules.Locate(address);
  };
  std::vector<ClassId> ids;
  for (const VtableOracle::SeenClass& seen : oracle.classes()) {
    Class klass{.mangled = seen.mangled,
                .vtable = locate(seen.vtable),
                .evidence = seen.evidence,
                .bases = {}};
    ids.push_back(classes.Add(klass, locate(seen.typeinfo)));
  }
  for (size_t derived = 0; derived < ids.size(); ++derived) {
    for (const VtableOracle::Base& base : oracle.classes()[derived].bases) {
      classes.AddBase(
          ids[derived],
          {.base = ids[base.klass], .offset = base.offset, .is_virtual = base.is_virtual});
    }
  }
  return ids;
}

}  // namespace seep
