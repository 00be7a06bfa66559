#include "heap/instances/heap_reader.h"

#include <utility>

namespace seep {

HeapReader::HeapReader(const Target& target, DebugFileLocator::Options files)
    : target_(target),
      oracle_(*target.memory, target.modules),
      names_(target, oracle_, std::move(files)),
      walk_window_(*target.memory),
      jump_window_(*target.memory, kJump),
      walking_(target, oracle_, walk_window_),
      jumping_(target, oracle_, jump_window_) {
  for (std::unique_ptr<AllocatorWalker>& walker : FindAllocators(target, &not_found_)) {
    allocators_.push_back({std::move(walker), {}});
  }
  if (allocators_.empty()) {
    not_found_.push_back(
        {"heaps", 1, "no allocator that Seep knows was recognised in this process"});
  }
}

void HeapReader::Walk(RunVisit visit) {
  for (size_t i = 0; i < allocators_.size(); ++i) {
    Allocator& allocator = allocators_[i];
    allocator.heap =
        allocator.walker->Walk(walk_window_, [&](const BlockRun& run) { visit(run, i); });
  }
}

LookedAt HeapReader::Describe() {
  LookedAt look;
  for (const LoadedModule& loaded : target_.modules) look.modules.push_back(loaded.module);
  look.classes = names_.All();
  look.dropped = not_found_;
  if (uint64_t guessed = oracle_.guessed_vtables(); guessed > 0) {
    look.dropped.push_back({"vtables", guessed, std::string(kGuessedVtables)});
  }
  for (const Allocator& allocator : allocators_) {
    for (const Dropped& dropped : allocator.heap.dropped) {
      look.dropped.push_back(
          {dropped.what, dropped.count, allocator.walker->kind() + ": " + dropped.why});
    }
  }
  return look;
}

}  // namespace seep
