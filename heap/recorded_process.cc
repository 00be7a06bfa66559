#include "heap/recorded_process.h"

#include <algorithm>

#include "heap/recorded_text.h"

namespace seep {

void AddProcessFacts(const Recording& recording, bool alive, SnapshotBuilder& builder) {
  const recording::Header& header = recording.header;
  ProcessFacts& facts = builder.process();
  facts.boot_id = FixedText(header.boot_id);
  facts.pid_namespace = header.pid_namespace;
  facts.pid = header.pid;
  facts.parent_pid = header.parent_pid;
  facts.start_real_ns = static_cast<int64_t>(header.started.real_ns);
  facts.executable = FixedText(header.executable);
  size_t id_length = std::min<size_t>(header.build_id_length, sizeof(header.build_id));
  facts.build_id = {header.build_id, header.build_id + id_length};
  facts.host = FixedText(header.host);
  facts.uid = header.uid;
  facts.captured_by = alive ? "recording of a running process" : "recording of a dead process";
  facts.alive = alive;
  facts.sample_interval = header.interval;
  facts.initial_interval = header.initial_interval;
  facts.bytes_allocated = static_cast<double>(header.counters[recording::kBytesAllocated]);
}

}  // namespace seep
