#include "profiler/module_table.h"

#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "base/mix.h"
#include "profiler/clock.h"
#include "profiler/interner.h"
#include "profiler/limits.h"
#include "profiler/mirror.h"
#include "profiler/string_pool.h"
#include "profiler/symbol_lookup.h"

namespace seep::profiler {
namespace {

struct BuildId {
  const uint8_t* bytes = nullptr;  // in the module's own mapping
  uint32_t length = 0;
};

// What the loader says of a module.
struct Loaded {
  uintptr_t start = 0, end = 0, bias = 0;
  const char* name = "";
  const uint8_t* eh_frame_hdr = nullptr;
  BuildId build_id;
};

struct Entry {
  recording::ModuleRecord record;
  const uint8_t* build_id;  // valid while the module is loaded
  std::atomic<uint32_t> ready;
  std::atomic<uint32_t> replaced;
};
constinit Entry g_entries[kModuleCapacity]{};
constinit Interner<kModuleCapacity, 4 * kModuleCapacity> g_index{};
std::atomic<uint32_t> g_generation{1};

struct Segment {
  uintptr_t begin, end;
  bool executable;
};
constexpr uint32_t kMaxSegments = 2048;
constinit Segment g_segments[kMaxSegments]{};  // of initial modules, by address
uint32_t g_segment_count;

uintptr_t PageFloor(uintptr_t a) { return a & ~uintptr_t{4095}; }

BuildId FindBuildId(const ElfW(Phdr) * segments, uint32_t count, uintptr_t bias) {
  for (uint32_t i = 0; i < count; ++i) {
    if (segments[i].p_type != PT_NOTE) continue;
    const auto* p = reinterpret_cast<const uint8_t*>(bias + segments[i].p_vaddr);
    const uint8_t* end = p + segments[i].p_memsz;
    while (end - p >= static_cast<ptrdiff_t>(sizeof(ElfW(Nhdr)))) {
      const auto* note = reinterpret_cast<const ElfW(Nhdr)*>(p);
      const uint8_t* name = p + sizeof(*note);
      const uint8_t* description = name + ((note->n_namesz + 3u) & ~3u);
      const uint8_t* next = description + ((note->n_descsz + 3u) & ~3u);
      if (next > end || next <= p) break;
      if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(name, "GNU", 4) == 0) {
        return {description, note->n_descsz < 32 ? note->n_descsz : 32};
      }
      p = next;
    }
  }
  return {};
}

// --- Asking the loader ------------------------------------------------------------------------

// glibc's struct dl_find_object (dlfcn.h, 2.35) with its reserved words.
struct FoundObject {
  unsigned long long flags;
  void* map_start;
  void* map_end;
  link_map* map;
  void* eh_frame;  // of .eh_frame_hdr
  unsigned long long reserved[16];
};
using FindObjectFunction = int (*)(void*, FoundObject*);
FindObjectFunction g_find_object;

Loaded Describe(const dl_phdr_info& info) {
  Loaded loaded;
  loaded.bias = info.dlpi_addr;
  loaded.name = info.dlpi_name;
  loaded.start = ~uintptr_t{0};
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info.dlpi_phdr[i];
    uintptr_t begin = info.dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD) {
      loaded.start = std::min(loaded.start, PageFloor(begin));
      loaded.end = std::max(loaded.end, begin + segment.p_memsz);
    } else if (segment.p_type == PT_GNU_EH_FRAME) {
      loaded.eh_frame_hdr = reinterpret_cast<const uint8_t*>(begin);
    }
  }
  loaded.build_id = FindBuildId(info.dlpi_phdr, info.dlpi_phnum, info.dlpi_addr);
  return loaded;
}

// The program headers of a mapped module, from its ELF header in its first page.
bool BuildIdOfImage(uintptr_t start, uintptr_t end, uintptr_t bias, BuildId* id) {
  if (end - start < 4096) return false;
  const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(start);
  if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return false;
  uint64_t headers_end = header->e_phoff + uint64_t{header->e_phnum} * sizeof(ElfW(Phdr));
  if (header->e_phentsize != sizeof(ElfW(Phdr)) || headers_end > 4096) return false;
  *id = FindBuildId(reinterpret_cast<const ElfW(Phdr)*>(start + header->e_phoff), header->e_phnum,
                    bias);
  return true;
}

bool AskFindObject(uintptr_t address, Loaded* loaded) {
  FoundObject found{};
  if (g_find_object(reinterpret_cast<void*>(address), &found) != 0) return false;
  loaded->start = PageFloor(reinterpret_cast<uintptr_t>(found.map_start));
  loaded->end = reinterpret_cast<uintptr_t>(found.map_end);
  loaded->bias = found.map->l_addr;
  loaded->name = found.map->l_name;
  loaded->eh_frame_hdr = static_cast<const uint8_t*>(found.eh_frame);
  return true;
}

struct AddressSearch {
  uintptr_t address;
  Loaded* loaded;
};

bool AskIteration(uintptr_t address, Loaded* loaded) {
  AddressSearch search{address, loaded};
  return dl_iterate_phdr(
             [](dl_phdr_info* info, size_t, void* data) {
               auto* wanted = static_cast<AddressSearch*>(data);
               Loaded candidate = Describe(*info);
               if (wanted->address < candidate.start || wanted->address >= candidate.end) return 0;
               *wanted->loaded = candidate;
               return 1;
             },
             &search) != 0;
}

// --- Records ----------------------------------------------------------------------------------

void MirrorEntry(uint32_t id) {
  auto* target = MirrorRecord<recording::ModuleRecord>(recording::kModules, id);
  Entry& entry = g_entries[id];
  if (target == nullptr || entry.ready.load() == 0) return;
  recording::ModuleRecord copy = entry.record;
  copy.replaced = entry.replaced.load() != 0;
  MirrorString(copy.path);
  MirrorBytes(target, &copy, offsetof(recording::ModuleRecord, ready));
  std::atomic_ref<uint32_t>(target->ready).store(1);
  MirrorUsed(recording::kModules, [] { return g_index.used(); });
}

bool SamePlace(const Entry& entry, const Loaded& loaded) {
  return entry.record.start == loaded.start && entry.record.load_bias == loaded.bias;
}

bool SameBuild(const Entry& entry, const BuildId& id) {
  return entry.record.build_id_length == id.length &&
         memcmp(entry.record.build_id, id.bytes, id.length) == 0;
}

std::string_view PathOf(const Loaded& loaded, char* buffer, size_t size) {
  if (loaded.name != nullptr && loaded.name[0] != '\0') return loaded.name;
  // Only the main program has no name, and it is seen first, at start-up.
  ssize_t n = readlink("/proc/self/exe", buffer, size);
  return {buffer, n < 0 ? 0 : static_cast<size_t>(n)};
}

void Fill(Entry& entry, const Loaded& loaded, bool initial) {
  char path[512];
  entry.record = {};
  entry.record.load_bias = loaded.bias;
  entry.record.start = loaded.start;
  entry.record.end = loaded.end;
  entry.record.seen_ns = NowNs();
  entry.record.path = AddString(PathOf(loaded, path, sizeof(path)));
  if (loaded.build_id.length > 0) {
    memcpy(entry.record.build_id, loaded.build_id.bytes, loaded.build_id.length);
  }
  entry.record.build_id_length = static_cast<uint8_t>(loaded.build_id.length);
  entry.record.initial = initial;
  entry.build_id = loaded.build_id.bytes;
}

// `id` is at its place now: whoever overlaps it is gone.
void MakeCurrent(uint32_t id) {
  const recording::ModuleRecord& mine = g_entries[id].record;
  bool place_was_taken = g_entries[id].replaced.exchange(0) != 0;
  for (uint32_t other = 1; other < g_index.used(); ++other) {
    Entry& entry = g_entries[other];
    if (other == id || entry.ready.load() == 0 || entry.replaced.load() != 0) continue;
    if (entry.record.start >= mine.end || mine.start >= entry.record.end) continue;
    entry.replaced.store(1);
    place_was_taken = true;
    MirrorEntry(other);
  }
  if (place_was_taken) g_generation.fetch_add(1);
  MirrorEntry(id);
}

uint32_t Intern(const Loaded& loaded, bool initial) {
  uint64_t hash = Mix64(loaded.start ^ Mix64(loaded.bias));
  for (uint32_t i = 0; i < loaded.build_id.length; ++i) {
    hash = (hash ^ loaded.build_id.bytes[i]) * 0x100000001B3u;
  }
  bool added = false;
  uint32_t id = g_index.FindOrAdd(
      Mix64(hash),
      [&](uint32_t i) {
        return SamePlace(g_entries[i], loaded) && SameBuild(g_entries[i], loaded.build_id);
      },
      [&](uint32_t i) {
        Fill(g_entries[i], loaded, initial);
        g_entries[i].ready.store(1);
        MirrorEntry(i);
        added = true;
        return true;
      });
  if (id == decltype(g_index)::kFull) {
    Count(recording::kModuleTableFull);
    return 0;
  }
  if (added || g_entries[id].replaced.load() != 0) MakeCurrent(id);
  return id;
}

// The record of a module that was seen before and is still there: no parsing.
uint32_t FindKnown(Loaded& loaded) {
  for (uint32_t id = 1; id < g_index.used(); ++id) {
    const Entry& entry = g_entries[id];
    if (entry.ready.load(std::memory_order_acquire) == 0 || entry.replaced.load() != 0) continue;
    if (!SamePlace(entry, loaded)) continue;
    BuildId now{entry.build_id, entry.record.build_id_length};
    // The note lies where it lay, if this still is the module.
    auto note = reinterpret_cast<uintptr_t>(now.bytes);
    if (entry.record.initial) return id;
    if (now.length == 0 || note < loaded.start || note + now.length > loaded.end) return 0;
    return SameBuild(entry, now) ? id : 0;
  }
  return 0;
}

void RememberSegments(const dl_phdr_info& info) {
  for (int i = 0; i < info.dlpi_phnum && g_segment_count < kMaxSegments; ++i) {
    const ElfW(Phdr)& segment = info.dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_R) == 0) continue;
    uintptr_t begin = info.dlpi_addr + segment.p_vaddr;
    g_segments[g_segment_count++] = {begin, begin + segment.p_memsz, (segment.p_flags & PF_X) != 0};
  }
}

const Segment* FindSegment(uintptr_t address) {
  const Segment* begin = g_segments;
  const Segment* after =
      std::upper_bound(begin, begin + g_segment_count, address,
                       [](uintptr_t a, const Segment& s) { return a < s.begin; });
  if (after == begin || address >= after[-1].end) return nullptr;
  return after - 1;
}

}  // namespace

void ScanInitialModules() {
  g_find_object = reinterpret_cast<FindObjectFunction>(FindSymbol("_dl_find_object", nullptr));
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void*) {
        Intern(Describe(*info), true);
        RememberSegments(*info);
        return 0;
      },
      nullptr);
  std::sort(g_segments, g_segments + g_segment_count,
            [](const Segment& a, const Segment& b) { return a.begin < b.begin; });
}

ModuleView FindModule(uintptr_t address) {
  Loaded loaded;
  bool found =
      g_find_object != nullptr ? AskFindObject(address, &loaded) : AskIteration(address, &loaded);
  if (!found) return {};
  uint32_t id = FindKnown(loaded);
  if (id == 0) {
    if (loaded.build_id.length == 0) {
      BuildIdOfImage(loaded.start, loaded.end, loaded.bias, &loaded.build_id);
    }
    id = Intern(loaded, false);
  }
  return {id, loaded.start, loaded.end, loaded.bias, loaded.eh_frame_hdr};
}

const ModuleView* ModuleCache::Find(uintptr_t address) {
  for (uint32_t i = 0; i < used_; ++i) {
    if (address >= views_[i].start && address < views_[i].end) return &views_[i];
  }
  ModuleView view = FindModule(address);
  if (view.end == 0) return nullptr;
  uint32_t at = used_ < kSize ? used_++ : kSize - 1;
  views_[at] = view;
  return &views_[at];
}

bool IsInitialMemory(uintptr_t address, size_t length) {
  const Segment* segment = FindSegment(address);
  return segment != nullptr && length <= segment->end - address;
}

bool IsInitialCode(uintptr_t address) {
  const Segment* segment = FindSegment(address);
  return segment != nullptr && segment->executable;
}

uint32_t MainBuildId(uint8_t* out, uint32_t capacity) {
  const recording::ModuleRecord& main = g_entries[1].record;
  uint32_t length = std::min<uint32_t>(main.build_id_length, capacity);
  memcpy(out, main.build_id, length);
  return length;
}

uint32_t ModuleGeneration() { return g_generation.load(std::memory_order_acquire); }

void MirrorAllModules() {
  for (uint32_t id = 1; id < g_index.used(); ++id) MirrorEntry(id);
}

}  // namespace seep::profiler
