#include "heap/tcmalloc/walker.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "heap/tcmalloc/growth_stacks.h"
#include "heap/tcmalloc/span_walk.h"

namespace seep::tcmalloc {
namespace {

class Walker final : public AllocatorWalker {
 public:
  Walker(const Memory& memory, Heap heap, const Module& module)
      : memory_(memory), heap_(std::move(heap)), module_(module) {}

  std::string kind() const override { return "tcmalloc (gperftools)"; }

  std::string description() const override {
    return absl::StrFormat("%d KiB pages, %d size classes, page map of %d levels at %s+%#x, %s",
                           (1 << heap_.classes.page_shift) / 1024, heap_.classes.count() - 1,
                           heap_.shape.bits.size(), module_.path,
                           heap_.root.value() - module_.load_bias,
                           heap_.growth_stacks ? "with heap-growth stacks"
                                               : "without heap-growth stacks (a minimal build?)");
  }

  Address anchor() const override { return heap_.root; }

  WalkedHeap Walk(MemoryWindow& window, RunSink sink) override {
    WalkedHeap walked = SpanWalk(memory_, heap_, window, sink).Run();
    if (heap_.growth_stacks) {
      walked.growth = ReadGrowthStacks(memory_, *heap_.growth_stacks, &walked.dropped);
    }
    return walked;
  }

 private:
  const Memory& memory_;
  Heap heap_;
  Module module_;
};

}  // namespace

std::unique_ptr<AllocatorWalker> MakeWalker(const Memory& memory, Heap heap, const Module& module) {
  return std::make_unique<Walker>(memory, std::move(heap), module);
}

}  // namespace seep::tcmalloc
