#include "heap/core/core_process.h"

#include <elf.h>
#include <sys/procfs.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace seep {
namespace {

static_assert(sizeof(elf_gregset_t) == sizeof(ThreadRegisters::values));

template <typename T>
std::optional<T> Take(std::span<const uint8_t> bytes, size_t offset = 0) {
  T value;
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

template <size_t N>
std::string TextOf(const char (&field)[N]) {
  std::string text(field, strnlen(field, N));
  while (text.ends_with(' ')) text.pop_back();  // the kernel turns null bytes into blanks
  return text;
}

void ReadProcessInfo(std::span<const uint8_t> note, CoreProcess& process) {
  auto info = Take<elf_prpsinfo>(note);
  if (!info.has_value()) return;
  process.pid = static_cast<uint32_t>(info->pr_pid);
  process.uid = info->pr_uid;
  process.name = TextOf(info->pr_fname);
  process.command_line = TextOf(info->pr_psargs);
}

// The first one is of the thread that got the signal.
void ReadThread(std::span<const uint8_t> note, CoreProcess& process) {
  auto status = Take<elf_prstatus>(note);
  if (!status.has_value()) return;
  TargetThread thread;
  thread.tid = static_cast<uint32_t>(status->pr_pid);
  std::memcpy(thread.registers.emplace().values.data(), &status->pr_reg, sizeof(status->pr_reg));
  if (process.threads.empty()) {
    process.signal = status->pr_cursig;
    process.signalled_tid = thread.tid;
  }
  process.threads.push_back(std::move(thread));
}

// {count, page size, {begin, end, offset in pages}…, names, each with its null byte}
void ReadFiles(std::span<const uint8_t> note, CoreProcess& process) {
  constexpr size_t kHead = 2 * sizeof(uint64_t);
  constexpr size_t kEntry = 3 * sizeof(uint64_t);
  auto count = Take<uint64_t>(note);
  auto page = Take<uint64_t>(note, sizeof(uint64_t));
  if (!count.has_value() || !page.has_value() || *count > (note.size() - kHead) / kEntry) return;
  std::string_view names(reinterpret_cast<const char*>(note.data()), note.size());
  names.remove_prefix(kHead + *count * kEntry);
  for (size_t i = 0; i < *count && !names.empty(); ++i) {
    size_t at = kHead + i * kEntry;
    MappedFilePart part;
    part.range = {Address(*Take<uint64_t>(note, at)), Address(*Take<uint64_t>(note, at + 8))};
    uint64_t pages = *Take<uint64_t>(note, at + 16);
    bool fits = *page == 0 || pages <= std::numeric_limits<uint64_t>::max() / *page;
    part.file_offset = pages * *page;
    part.path = names.substr(0, names.find('\0'));
    names.remove_prefix(std::min(part.path.size() + 1, names.size()));
    if (fits && part.range.size() > 0) process.files.push_back(std::move(part));
  }
}

void ReadAuxiliaryVector(std::span<const uint8_t> note, CoreProcess& process) {
  for (size_t at = 0; at + 16 <= note.size(); at += 16) {
    uint64_t type = *Take<uint64_t>(note, at);
    Address value(*Take<uint64_t>(note, at + 8));
    if (type == AT_SYSINFO_EHDR) process.vdso = value;
    if (type == AT_PHDR) process.program_headers = value;
    if (type == AT_RANDOM) process.random_bytes = value;
  }
}

void KeepDisjoint(std::vector<MappedFilePart>& files) {
  std::ranges::stable_sort(files, {}, [](const MappedFilePart& f) { return f.range.begin; });
  Address end;
  std::erase_if(files, [&end](const MappedFilePart& file) {
    if (file.range.begin < end) return true;
    end = file.range.end;
    return false;
  });
}

}  // namespace

CoreProcess ReadCoreProcess(const CoreFile& core, std::vector<Dropped>* dropped) {
  CoreProcess process;
  bool has_files = false;
  bool whole =
      core.VisitNotes([&](std::string_view name, uint32_t type, std::span<const uint8_t> note) {
        if (name != "CORE") return;
        if (type == NT_PRPSINFO) ReadProcessInfo(note, process);
        if (type == NT_PRSTATUS) ReadThread(note, process);
        if (type == NT_AUXV) ReadAuxiliaryVector(note, process);
        if (type == NT_FILE && !std::exchange(has_files, true)) ReadFiles(note, process);
      });
  if (!whole) dropped->push_back({"notes of the core", 1, "they lie behind the end of the file"});
  if (process.threads.empty()) dropped->push_back({"threads", 1, "the core has no note of any"});
  if (process.files.empty()) {
    dropped->push_back({"mapped files", 1, "the core does not name them: no module is known"});
  }
  KeepDisjoint(process.files);
  std::ranges::stable_partition(process.threads, [&process](const TargetThread& thread) {
    return thread.tid == process.pid;
  });
  return process;
}

}  // namespace seep
