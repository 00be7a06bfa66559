#include "profiler/class_store.h"

#include <algorithm>
#include <cstddef>

#include "base/mix.h"
#include "profiler/interner.h"
#include "profiler/limits.h"
#include "profiler/mirror.h"
#include "profiler/module_table.h"
#include "profiler/rtti.h"
#include "profiler/string_pool.h"

namespace seep::profiler {
namespace {

// Keyed by the vtable's address; a class known only as a base by its typeinfo's (they never
// coincide). One class may so have two rows, which readers join by name.
struct Entry {
  uintptr_t key;
  recording::ClassRecord record;
  std::atomic<uint32_t> ready;
};
constinit Entry g_entries[kClassCapacity]{};
constinit Interner<kClassCapacity, 4 * kClassCapacity> g_index{};

recording::Position PositionOf(uintptr_t address) {
  if (address == 0) return 0;
  ModuleView module = FindModule(address);
  if (module.id == 0) return recording::MakePosition(0, address);
  return recording::MakePosition(module.id, address - module.bias);
}

void MirrorEntry(uint32_t id) {
  auto* target = MirrorRecord<recording::ClassRecord>(recording::kClasses, id);
  const Entry& entry = g_entries[id];
  if (target == nullptr || entry.ready.load() == 0) return;
  MirrorString(entry.record.name);
  MirrorBytes(target, &entry.record, offsetof(recording::ClassRecord, ready));
  std::atomic_ref<uint32_t>(target->ready).store(1);
  MirrorUsed(recording::kClasses, [] { return g_index.used(); });
}

// Against damaged typeinfos in a ring, which with several bases each would branch without end.
struct Search {
  uint32_t depth = 16;    // levels of inheritance yet to go down
  uint32_t visits = 128;  // bases yet to look at, of the class and of all its bases
};
uint32_t InternBase(uintptr_t typeinfo, Search& search);

// `vptr` 0: a class seen as a base.
uint32_t Intern(uintptr_t vptr, const ClassInfo& info, Search& search) {
  uintptr_t key = vptr != 0 ? vptr : info.typeinfo;
  uint32_t bases[recording::kMaxBases] = {};
  uint32_t kept = std::min(info.base_count, recording::kMaxBases);
  for (uint32_t i = 0; i < kept; ++i) bases[i] = InternBase(info.bases[i].typeinfo, search);
  uint32_t id = g_index.FindOrAdd(
      Mix64(key), [&](uint32_t i) { return g_entries[i].key == key; },
      [&](uint32_t i) {
        Entry& entry = g_entries[i];
        entry.key = key;
        entry.record = {};
        entry.record.vtable = PositionOf(vptr);
        entry.record.typeinfo = PositionOf(info.typeinfo);
        entry.record.name = AddString(info.name);
        entry.record.offset_to_top = info.offset_to_top;
        entry.record.base_count = static_cast<uint16_t>(std::min(info.base_count, 0xFFFFu));
        for (uint32_t b = 0; b < kept; ++b) {
          entry.record.bases[b] = bases[b];
          entry.record.base_offsets[b] = info.bases[b].offset;
        }
        entry.ready.store(1);
        MirrorEntry(i);
        return true;
      });
  if (id == decltype(g_index)::kFull) Count(recording::kClassTableFull);
  return id;
}

uint32_t InternBase(uintptr_t typeinfo, Search& search) {
  ClassInfo info;
  if (search.depth == 0 || search.visits == 0 || !ReadTypeinfo(typeinfo, &info)) return 0;
  --search.visits;
  --search.depth;
  uint32_t id = Intern(0, info, search);
  ++search.depth;
  return id;
}

// Most words that are looked at are the vptrs of few classes: remember them, wrong ones too.
constexpr uint32_t kRememberedBits = 12;
constinit std::atomic<uint64_t> g_remembered[1 << kRememberedBits]{};  // { vptr : 48 | class : 16 }
static_assert(kClassCapacity < (1 << 16));

}  // namespace

uint32_t InternClassOfVptr(uintptr_t word) {
  if (word % 8 != 0 || word < 4096 || !IsInitialMemory(word, 8)) return 0;
  std::atomic<uint64_t>& remembered = g_remembered[Mix64(word) >> (64 - kRememberedBits)];
  uint64_t content = remembered.load(std::memory_order_acquire);
  if (content >> 16 == word) return static_cast<uint32_t>(content & 0xFFFF);
  ClassInfo info;
  Search search;
  uint32_t id = ReadVtable(word, &info) ? Intern(word, info, search) : 0;
  remembered.store(uint64_t{word} << 16 | id, std::memory_order_release);
  return id;
}

void MirrorAllClasses() {
  for (uint32_t id = 1; id < g_index.used(); ++id) MirrorEntry(id);
}

}  // namespace seep::profiler
