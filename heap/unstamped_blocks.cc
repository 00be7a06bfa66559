#include "heap/unstamped_blocks.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "heap/live_classes.h"
#include "heap/mapped_recordings.h"
#include "heap/oracle_classes.h"
#include "heap/page_map.h"
#include "heap/proc_maps.h"
#include "heap/process_memory.h"
#include "heap/recording.h"
#include "heap/vtable_oracle.h"

namespace seep {
namespace {

struct Counts {
  uint64_t gone = 0;
  uint64_t not_in_memory = 0;
  uint64_t unreadable = 0;

  void Report(SnapshotBuilder& builder) const {
    builder.AddDropped("classes of blocks", gone, "freed while their first words were read");
    builder.AddDropped("classes of blocks", not_in_memory,
                       "not looked at: swapped out, or never touched");
    builder.AddDropped("classes of blocks", unreadable, "their memory could not be read");
  }
};

class Naming {
 public:
  Naming(const std::vector<ClassId>& ids, const RecordTable<recording::LiveSlot>& slots_after)
      : ids_(ids), slots_after_(slots_after) {}

  void Apply(const UnnamedBlock& look, RecordedBlock& block) {
    using Look = UnnamedBlock::Look;
    if (look.look == Look::kNotInMemory) ++counts_.not_in_memory;
    if (look.look == Look::kUnreadable) ++counts_.unreadable;
    if (look.look != Look::kFound && look.look != Look::kNoVtable) return;
    block.looked_at = true;
    if (look.look == Look::kNoVtable) return;
    recording::LiveSlot now = slots_after_[block.slot];
    if (now.address != block.block.address.value() || now.serial != block.block.serial) {
      ++counts_.gone;
      return;
    }
    block.block.klass = ids_[look.klass];
    block.block.class_offset = look.class_offset;
  }

  const Counts& counts() const { return counts_; }

 private:
  const std::vector<ClassId>& ids_;
  const RecordTable<recording::LiveSlot>& slots_after_;
  Counts counts_;
};

// Else what we have read as its memory may be the next program's.
bool StillWrites(uint32_t pid, const RecordingFile& file) {
  absl::StatusOr<std::vector<MappedRecording>> mapped = FindMappedRecordings(pid);
  return mapped.ok() && std::ranges::any_of(*mapped, [&](const MappedRecording& candidate) {
           return IsSameRecording(candidate.file.header(), file.header());
         });
}

}  // namespace

absl::Status NameUnstampedBlocks(uint32_t pid, const RecordingFile& file, ModuleTable& modules,
                                 ClassTable& classes, std::vector<RecordedBlock>& blocks,
                                 SnapshotBuilder& builder) {
  std::vector<size_t> unnamed;
  std::vector<UnnamedBlock> looks;
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (!blocks[i].block.klass.is_none()) continue;
    unnamed.push_back(i);
    looks.push_back({.address = blocks[i].block.address, .size = blocks[i].block.size});
  }
  if (unnamed.empty()) return absl::OkStatus();

  SEEP_ASSIGN_OR_RETURN(ProcessMemory memory, ProcessMemory::Open(pid));
  SEEP_ASSIGN_OR_RETURN(std::vector<Mapping> maps, ReadMaps(pid));
  SEEP_ASSIGN_OR_RETURN(PageMap pages, PageMap::Open(pid));
  modules.UseLoaded(FindModules(memory, maps));
  VtableOracle oracle(memory, modules.loaded());
  FindLiveClasses(memory, &pages, oracle, looks);
  SEEP_ASSIGN_OR_RETURN(RecordTable<recording::LiveSlot> slots_after, CopySlots(file));

  if (!StillWrites(pid, file)) {
    return absl::AbortedError(absl::StrCat(
        "process ", pid, ": it ended, or replaced its program, while its memory was read"));
  }

  std::vector<ClassId> ids = AddOracleClasses(oracle, modules, classes);
  Naming naming(ids, slots_after);
  for (size_t i = 0; i < unnamed.size(); ++i) naming.Apply(looks[i], blocks[unnamed[i]]);
  naming.counts().Report(builder);
  builder.AddDropped("base classes", oracle.unreadable_bases(), "could not be read from memory");
  return absl::OkStatus();
}

}  // namespace seep
