#include "heap/capture.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "heap/accounting.h"
#include "heap/mapped_recordings.h"
#include "heap/memory_use.h"
#include "heap/observation_clock.h"
#include "heap/page_map.h"
#include "heap/process_identity.h"
#include "heap/recorded_blocks.h"
#include "heap/recorded_history.h"
#include "heap/recorded_process.h"
#include "heap/recorded_tables.h"
#include "heap/recorded_text.h"
#include "heap/recording.h"
#include "heap/recording_file.h"
#include "heap/unstamped_blocks.h"
#include "snapshot/builder.h"

namespace seep {
namespace {

// The process that is writing a recording at this moment.
struct Writer {
  uint32_t pid = 0;                     // as we see it
  std::optional<AddressRange> mapping;  // of the recording in it; none: not ours to look at
};

// exec keeps pid and start time, but unmaps: who no longer maps the recording does not write it.
std::optional<Writer> FindWriter(const RecordingFile& file) {
  const recording::Header& header = file.header();
  std::optional<ProcessIdentity> process =
      FindProcess(FixedText(header.boot_id), header.pid_namespace, header.pid, header.start_ticks);
  if (!process.has_value()) return std::nullopt;
  absl::StatusOr<std::vector<MappedRecording>> mapped = FindMappedRecordings(process->pid);
  if (!mapped.ok()) return Writer{process->pid, std::nullopt};
  for (const MappedRecording& candidate : *mapped) {
    if (IsSameRecording(candidate.file.header(), header))
      return Writer{process->pid, candidate.range};
  }
  return std::nullopt;
}

uint64_t ResidentBytes(const Writer& writer) {
  absl::StatusOr<PageMap> pages = PageMap::Open(writer.pid);
  return pages.ok() ? pages->PresentBytes(*writer.mapping) : 0;
}

void AddBlocks(const std::vector<RecordedBlock>& blocks, bool memory_was_read,
               SnapshotBuilder& builder) {
  uint64_t not_looked_at = 0;
  for (const RecordedBlock& block : blocks) {
    builder.AddBlock(block.block);
    if (block.block.klass.is_none() && !block.looked_at) ++not_looked_at;
  }
  // Where memory was read, each of them has been counted with its own reason.
  if (!memory_was_read) {
    builder.AddDropped("classes of blocks", not_looked_at, "not looked at yet by the profiler");
  }
}

double LiveBytes(const std::vector<RecordedBlock>& blocks) {
  double bytes = 0;
  for (const RecordedBlock& block : blocks) {
    bytes += static_cast<double>(block.block.size) / block.block.probability;
  }
  return bytes;
}

ObservationTime LatestKnown(const recording::Header& header, const ObservationClock& clock,
                            const std::vector<RecordedBlock>& blocks,
                            const RecordedHistory& history) {
  ObservationTime latest = std::max({clock.At(header.created.monotonic_ns),
                                     clock.At(header.latest.monotonic_ns), history.Latest()});
  for (const RecordedBlock& block : blocks) latest = std::max(latest, block.block.birth);
  return latest;
}

LastKnownUse UseOf(const std::optional<Writer>& writer, const RecordedHistory& history) {
  if (!writer.has_value()) return history.last;
  MemoryUse use = ReadMemoryUse(writer->pid);
  return {use.rss, use.swap, use.limit};
}

absl::StatusOr<std::shared_ptr<const Snapshot>> Capture(const RecordingFile& file,
                                                        const std::optional<Writer>& writer) {
  SEEP_ASSIGN_OR_RETURN(Recording recording, CopyRecording(file));
  ObservationTime now = writer.has_value() ? TimeOfNow(recording) : ObservationClock::kMax;
  SnapshotBuilder builder;
  RecordedTables tables(recording, writer.has_value(), now, builder);
  std::vector<RecordedBlock>& blocks = tables.blocks;

  bool memory_was_read = false;
  if (writer.has_value()) {
    absl::Status read =
        NameUnstampedBlocks(writer->pid, file, tables.modules, tables.classes, blocks, builder);
    memory_was_read = read.ok();
    if (!read.ok()) builder.AddDropped("reads of live memory", 1, std::string(read.message()));
  }

  LastKnownUse use = UseOf(writer, tables.history);
  AddProcessFacts(recording, writer.has_value(), builder);
  builder.process().captured_at =
      writer.has_value() ? now
                         : LatestKnown(recording.header, tables.clock, blocks, tables.history);
  builder.process().rss = use.rss;
  builder.process().swap = use.swap;
  builder.process().limit = use.limit;
  AccountingInput accounting{
      .live_bytes = LiveBytes(blocks), .rss = use.rss, .recording_bytes = file.size()};
  if (writer.has_value() && writer->mapping.has_value()) {
    accounting.recording_resident = ResidentBytes(*writer);
  }
  AddAccounting(accounting, builder);
  AddHistory(std::move(tables.history), builder);
  AddBlocks(blocks, memory_was_read, builder);
  builder.AddDropped("base classes", std::move(tables.classes).MoveTo(builder),
                     "damaged: the class would be its own base");
  return std::move(builder).Build();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Snapshot>> CaptureRecording(const std::string& path) {
  SEEP_ASSIGN_OR_RETURN(RecordingFile file, RecordingFile::Open(path));
  return Capture(file, FindWriter(file));
}

absl::StatusOr<bool> IsPrepared(uint32_t pid) {
  SEEP_ASSIGN_OR_RETURN(ProcessIdentity process, ReadProcessIdentity(pid));
  SEEP_ASSIGN_OR_RETURN(std::vector<MappedRecording> mapped, FindMappedRecordings(pid));
  return std::ranges::any_of(mapped, [&](const MappedRecording& candidate) {
    return IsRecordingOf(candidate.file.header(), process);
  });
}

absl::StatusOr<std::shared_ptr<const Snapshot>> CaptureProcess(uint32_t pid) {
  SEEP_ASSIGN_OR_RETURN(MappedRecording own, FindOwnRecording(pid));
  return Capture(own.file, Writer{pid, own.range});
}

}  // namespace seep
