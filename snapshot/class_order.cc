#include "snapshot/class_order.h"

#include <cstddef>
#include <functional>
#include <queue>

namespace seep {

// Kahn's algorithm: a class is ready when the last of its bases has been put out.
std::vector<ClassId> BasesFirst(const std::vector<Class>& classes) {
  std::vector<std::vector<ClassId>> derived(classes.size());
  std::vector<size_t> waiting_for(classes.size());
  std::priority_queue<ClassId, std::vector<ClassId>, std::greater<>> ready;
  for (size_t i = 0; i < classes.size(); ++i) {
    waiting_for[i] = classes[i].bases.size();
    for (const BaseClass& base : classes[i].bases) derived[base.base.index()].emplace_back(i);
    if (waiting_for[i] == 0) ready.emplace(i);
  }
  std::vector<ClassId> order;
  order.reserve(classes.size());
  while (!ready.empty()) {
    ClassId next = ready.top();
    ready.pop();
    order.push_back(next);
    for (ClassId id : derived[next.index()]) {
      if (--waiting_for[id.index()] == 0) ready.push(id);
    }
  }
  return order;
}

}  // namespace seep
