#include "tests/e2e/support/classed_heap.h"

#include "heap/instances/heap_reader.h"

namespace seep::e2e {
namespace {

constexpr char kNoClass[] = "-";

std::string ClassAt(const ClassedHeap& heap, uint64_t block) {
  auto found = heap.classes.find(block);
  return found == heap.classes.end() ? kNoClass : found->second;
}

bool IsNameOf(const std::string& truth, const std::string& found) {
  if (truth == "Cell[]") return found == "Cell[5]";
  bool shared = truth == "Session" && found.starts_with("std::_Sp_counted_ptr_inplace<Session,");
  return shared || found == truth;
}

// Pairs names of vtables with classes, as the first object of each has them.
class NamelessClasses {
 public:
  bool Fits(const std::string& truth, const std::string& found) {
    if (truth == kNoClass || found == kNoClass) return truth == found;
    if (!found.starts_with("(vtable at ")) return false;
    bool same_owner = owner_.try_emplace(found, truth).first->second == truth;
    // A Session lies in its block in three ways, each with a vtable or none of its own.
    return same_owner &&
           (truth == "Session" || vtable_.try_emplace(truth, found).first->second == found);
  }

 private:
  std::map<std::string, std::string> owner_, vtable_;
};

}  // namespace

ClassedHeap ReadHeap(const Target& target) {
  ClassedHeap heap;
  HeapReader reader(target, {});
  reader.Walk([&](const BlockRun& run, size_t) {
    heap.walked.Add(run);
    run.ForEachLive([&](Address block) {
      BlockHead head = reader.HeadOf(block, run.usable);
      if (!head.klass) return;
      std::string& name = heap.classes[block.value()];
      name = reader.names().NameOf(*head.klass);
      if (head.objects > 1) name += "[" + std::to_string(head.objects) + "]";
    });
  });
  for (const HeapReader::Allocator& allocator : reader.allocators()) {
    heap.discrepancy += allocator.heap.discrepancy;
    heap.allocators.push_back(allocator.walker->kind());
  }
  return heap;
}

uint64_t WrongClasses(const ClassedHeap& heap, const CensusTruth& truth, bool rtti) {
  NamelessClasses nameless;
  uint64_t wrong = 0;
  for (const auto& [address, block] : truth.live) {
    std::string found = ClassAt(heap, address);
    bool right = rtti ? IsNameOf(block.class_name, found) : nameless.Fits(block.class_name, found);
    wrong += !right;
  }
  return wrong;
}

}  // namespace seep::e2e
