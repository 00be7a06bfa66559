#include "heap/tcmalloc/find.h"

#include "absl/strings/str_cat.h"
#include "heap/tcmalloc/central_lists.h"
#include "heap/tcmalloc/data_scan.h"
#include "heap/tcmalloc/growth_stacks.h"
#include "heap/tcmalloc/size_classes.h"
#include "heap/tcmalloc/thread_caches.h"
#include "heap/tcmalloc/walker.h"

namespace seep {
namespace {

using namespace tcmalloc;

constexpr uint64_t kMaxData = 1 << 30;

// The heap whose size classes lie in `data`; or why it cannot be read.
std::string ReadHeap(const Target& target, AddressRange data, Heap* heap) {
  const Memory& memory = *target.memory;
  std::optional<CentralLists> central = FindCentralLists(memory, heap->classes, data);
  if (!central.has_value()) return "no central lists: not gperftools 2.6 to 2.18?";
  heap->central = *central;
  std::vector<Span> known = SpansOnLists(memory, heap->classes, *central);
  if (known.empty()) return "its central lists are empty";
  if (!FindPageMap(memory, known, data, heap)) return "no page map leads to its spans";
  heap->thread_pointers = FindThreadPointers(memory, heap->classes, data);
  heap->growth_stacks = FindGrowthStacks(target, data, heap->classes.page_shift);
  return "";
}

}  // namespace

std::vector<FoundHeap> tcmalloc::FindHeaps(const Target& target, std::vector<Dropped>* dropped) {
  std::vector<FoundHeap> heaps;
  for (const LoadedModule& module : target.modules) {
    for (AddressRange data : WritableData(module)) {
      if (data.size() > kMaxData) {
        data.end = data.begin + kMaxData;
        dropped->push_back({absl::StrCat("data of ", module.module.path), 1,
                            "only its first GiB was searched for tcmalloc"});
      }
      for (SizeClasses& classes : FindSizeClasses(*target.memory, data)) {
        Heap heap;
        heap.classes = std::move(classes);
        std::string trouble = ReadHeap(target, data, &heap);
        if (trouble.empty()) {
          heaps.push_back({&module, std::move(heap)});
        } else {
          dropped->push_back({absl::StrCat("tcmalloc in ", module.module.path), 1, trouble});
        }
      }
    }
  }
  return heaps;
}

std::vector<std::unique_ptr<AllocatorWalker>> FindTcmalloc(const Target& target,
                                                           std::vector<Dropped>* dropped) {
  std::vector<std::unique_ptr<AllocatorWalker>> walkers;
  for (FoundHeap& found : FindHeaps(target, dropped)) {
    walkers.push_back(MakeWalker(*target.memory, std::move(found.heap), found.module->module));
  }
  return walkers;
}

}  // namespace seep
