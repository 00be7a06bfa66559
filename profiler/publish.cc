#include "profiler/publish.h"

#include <atomic>
#include <cstring>

#include "profiler/anchor.h"
#include "profiler/class_store.h"
#include "profiler/clock.h"
#include "profiler/death_store.h"
#include "profiler/label_store.h"
#include "profiler/live_table.h"
#include "profiler/mirror.h"
#include "profiler/module_table.h"
#include "profiler/notices.h"
#include "profiler/process_identity.h"
#include "profiler/recording_file.h"
#include "profiler/residency.h"
#include "profiler/runtime_state.h"
#include "profiler/stack_store.h"

namespace seep::profiler {
namespace {

constexpr uint32_t kProfilerVersion = 0 << 16 | 1 << 8 | 0;

enum : uint32_t { kNone, kMaking, kMade, kImpossible };
constinit std::atomic<uint32_t> g_state{};

void FillHeader(const ProcessStart& start, recording::Header* header) {
  header->version = recording::kVersion;
  header->header_size = sizeof(recording::Header);
  header->file_size = kLayout.file_size;
  header->arch = recording::Arch::kX86_64;
  header->page_size = 4096;
  header->status = recording::Status::kRecording;
  header->section_count = recording::kSectionCount;
  header->counter_count = recording::kCounterCount;
  for (uint32_t i = 0; i < recording::kSectionCount; ++i) header->sections[i] = kLayout.sections[i];
  FillIdentity(header);
  header->started = start.clock;
  header->created = NowPair();
  header->latest = header->created;
  header->random = start.random;
  header->parent_random = start.parent_random;
  header->fork_generation = start.fork_generation;
  header->profiler_version = kProfilerVersion;
  header->initial_interval = start.initial_interval;
}

// Referred-to tables before those that refer to them.
void MirrorEverything() {
  MirrorRuntimeState();
  MirrorAllCounters();
  MirrorAllModules();
  MirrorAllStacks();
  MirrorAllClasses();
  MirrorAllLabels();
  MirrorAllDeaths();
  MirrorAllNotices();
  MirrorAllSamples();
}

void FillAnchor(const RecordingFile& file, uint64_t random) {
  memcpy(seep_anchor.path, file.path.c_str(), file.path.view().size() + 1);
  seep_anchor.length = kLayout.file_size;
  seep_anchor.random = random;
  std::atomic_ref<uint64_t>(seep_anchor.mapping).store(reinterpret_cast<uint64_t>(file.mapping));
}

bool Make(const Options& options, const ProcessStart& start) {
  static recording::Header header;  // one maker at a time; too large for a small stack
  header = {};
  FillHeader(start, &header);
  RecordingFile file = CreateRecordingFile(options, header);
  SetStatus(file.status);
  if (file.status != recording::Status::kRecording) return false;
  if (options.rss) LocateCgroup();
  memcpy(file.mapping, &header, sizeof(header));
  g_mirror.store(file.mapping);
  MirrorEverything();
  std::atomic_thread_fence(std::memory_order_release);
  memcpy(MirrorHeader()->magic, recording::kMagic, sizeof(recording::kMagic));
  FillAnchor(file, start.random);
  return true;
}

}  // namespace

bool EnsureRecording(const Options& options, const ProcessStart& start) {
  uint32_t state = g_state.load(std::memory_order_acquire);
  if (state == kMade || state == kMaking) return true;
  if (state == kImpossible) return false;
  if (!g_state.compare_exchange_strong(state, kMaking)) return state != kImpossible;
  bool made = Make(options, start);
  g_state.store(made ? kMade : kImpossible, std::memory_order_release);
  return made;
}

void ForgetRecording() {
  g_state = kNone;
  seep_anchor.mapping = 0;
  seep_anchor.path[0] = '\0';
}

void SetStatus(recording::Status status) {
  std::atomic_ref<recording::Status>(seep_anchor.status).store(status);
  if (recording::Header* header = MirrorHeader()) {
    std::atomic_ref<recording::Status>(header->status).store(status);
  }
}

}  // namespace seep::profiler
