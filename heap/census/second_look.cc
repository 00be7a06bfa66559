#include "heap/census/second_look.h"

#include <chrono>
#include <utility>

namespace seep {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);  // for debug information
constexpr double kWorthIt = 0.01;                     // of the live bytes

}  // namespace

bool NeedsSecondLook(HolderLook wish, const BlockGroups& groups) {
  if (wish != HolderLook::kAuto) return wish == HolderLook::kOn;
  BlockGroups::Bytes bytes = groups.bytes();
  return bytes.without_class > 0 && bytes.without_class >= bytes.all * kWorthIt;
}

SecondLook::SecondLook(const CensusTools& tools,
                       std::span<const std::unique_ptr<AllocatorWalker>> walkers,
                       const BlockGroups& groups)
    : tools_(tools),
      found_(FindHolders(tools.target, walkers, groups.DrawWithoutClass(), tools.window,
                         tools.examiner)) {}

BlockNames SecondLook::Name(const BlockGroups& groups, const DebugFileLocator::Options& files,
                            ClassTable& classes, SnapshotBuilder& builder) {
  ClassNames class_names(tools_.target, tools_.oracle, files);
  DebugPointers pointers(tools_.target, class_names, files, kPatience);
  BlockNames names =
      NameBlocks(tools_.target, found_, groups.Counts(), class_names, pointers, classes);
  builder.AddDropped("holders of sampled blocks", names.gone,
                     "the blocks were freed before it was seen who holds them");
  builder.AddDropped("holders of sampled blocks", found_.too_many,
                     "pointers passed over: too many kinds of places hold such blocks");
  builder.AddDropped("types in debug information", pointers.cut_short(),
                     "modules whose types could not all be read in 10 s");
  return names;
}

}  // namespace seep
