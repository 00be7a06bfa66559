#include "profiler/label_store.h"

#include <cstring>
#include <string_view>

#include "base/mix.h"
#include "profiler/include/seep/seep.h"
#include "profiler/interner.h"
#include "profiler/limits.h"
#include "profiler/mirror.h"
#include "profiler/string_pool.h"

namespace seep::profiler {
namespace {

struct Entry {
  recording::StringRef key;
  recording::StringRef value;
  uint32_t parent;
  std::atomic<uint32_t> ready;
};
constinit Entry g_entries[kLabelCapacity]{};
constinit Interner<kLabelCapacity, 4 * kLabelCapacity> g_index{};

uint64_t HashText(uint64_t hash, std::string_view text) {
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;  // FNV-1a
  return Mix64(hash + text.size());
}

void MirrorEntry(uint32_t id) {
  auto* target = MirrorRecord<recording::LabelRecord>(recording::kLabels, id);
  const Entry& entry = g_entries[id];
  if (target == nullptr || entry.ready.load() == 0) return;
  MirrorString(entry.key);
  MirrorString(entry.value);
  MirrorField(target->key, entry.key);
  MirrorField(target->value, entry.value);
  MirrorField(target->parent, entry.parent);
  std::atomic_ref<uint32_t>(target->ready).store(1);
  MirrorUsed(recording::kLabels, [] { return g_index.used(); });
}

uint32_t InternOne(std::string_view key, std::string_view value, uint32_t parent) {
  uint32_t id = g_index.FindOrAdd(
      HashText(HashText(parent, key), value),
      [&](uint32_t i) {
        const Entry& e = g_entries[i];
        return e.parent == parent && StringAt(e.key) == key && StringAt(e.value) == value;
      },
      [&](uint32_t i) {
        Entry& e = g_entries[i];
        e.key = AddString(key);
        e.value = AddString(value);
        e.parent = parent;
        if (e.key.length != key.size() || e.value.length != value.size()) return false;
        e.ready.store(1);
        MirrorEntry(i);
        return true;
      });
  if (id == decltype(g_index)::kFull) {
    Count(recording::kLabelsOther);
    return recording::kLabelOther;
  }
  return id;
}

}  // namespace

uint32_t InternLabels(const seep_label* innermost) {
  if (innermost == nullptr) return 0;
  const seep_label* chain[kMaxLabelDepth];
  uint32_t depth = 0;
  for (; innermost != nullptr && depth < kMaxLabelDepth; innermost = innermost->outer) {
    chain[depth++] = innermost;
  }
  uint32_t id = 0;
  while (depth-- > 0) {
    const seep_label& label = *chain[depth];
    if (label.key == nullptr) continue;
    size_t length = label.value_length < kMaxLabelText ? label.value_length : kMaxLabelText;
    id = InternOne({label.key, strnlen(label.key, kMaxLabelText)},
                   {label.value, label.value == nullptr ? 0 : length}, id);
    if (id == recording::kLabelOther) return id;
  }
  return id;
}

void ReserveLabelRows() { InternOne("(label)", "(other)", 0); }

void MirrorAllLabels() {
  for (uint32_t id = 1; id < g_index.used(); ++id) MirrorEntry(id);
}

}  // namespace seep::profiler
