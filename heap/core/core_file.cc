#include "heap/core/core_file.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "heap/file_pages.h"

namespace seep {
namespace {

// vm.max_map_count is 65,530 unless raised; a million mappings are 56 MB of headers.
constexpr uint64_t kMaxSegments = 1 << 20;
// Three notes of 3 to 11 KiB for each of 100,000 threads.
constexpr uint64_t kMaxNoteBytes = uint64_t{4} << 30;
constexpr uint64_t kMaxNotes = 1 << 22;
constexpr uint64_t kMaxDescription = 64 << 20;

template <typename T>
std::span<uint8_t> BytesOf(T& value) {
  return {reinterpret_cast<uint8_t*>(&value), sizeof(value)};
}

// Packed cores are what systemd-coredump and apport keep.
std::optional<std::string_view> Unpacker(std::span<const uint8_t> head) {
  struct Magic {
    std::string_view bytes;
    std::string_view program;
  };
  constexpr std::array<Magic, 5> kMagics = {{{"\x28\xb5\x2f\xfd", "zstd"},
                                             {"\x04\x22\x4d\x18", "lz4"},
                                             {"\x1f\x8b", "gzip"},
                                             {"\xfd"
                                              "7zXZ",
                                              "xz"},
                                             {"BZh", "bzip2"}}};
  std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  for (const Magic& magic : kMagics) {
    if (text.starts_with(magic.bytes)) return magic.program;
  }
  return std::nullopt;
}

absl::Status Refuse(const std::string& path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", why));
}

absl::Status CheckHeader(const std::string& path, const Elf64_Ehdr& header, size_t size) {
  std::span<const uint8_t> head(header.e_ident, std::min(size, size_t{EI_NIDENT}));
  if (std::optional<std::string_view> program = Unpacker(head)) {
    return Refuse(
        path, absl::StrCat("it is compressed; unpack it first: ", std::string(*program), " -d"));
  }
  if (size < EI_NIDENT || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return Refuse(path, "not a core file (no ELF header)");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return Refuse(path, "a core or program of another architecture: not 64-bit little-endian");
  }
  if (size < sizeof(header)) return Refuse(path, "cut short within the ELF header");
  if (header.e_type != ET_CORE) return Refuse(path, "a program or library, not a core file");
  if (header.e_machine != EM_X86_64) {
    return Refuse(path, absl::StrCat("of another architecture (ELF machine ", header.e_machine,
                                     "); only x86-64 is supported"));
  }
  if (header.e_phentsize != sizeof(Elf64_Phdr)) return Refuse(path, "damaged ELF header");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CoreFile>> CoreFile::Open(const std::string& path) {
  SEEP_ASSIGN_OR_RETURN(UniqueFd fd, OpenRegularFile(path));
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return FileError(path, "cannot stat", errno);
  std::unique_ptr<CoreFile> core(
      new CoreFile(path, std::move(fd), static_cast<uint64_t>(info.st_size), info.st_mtim.tv_sec));
  SEEP_RETURN_IF_ERROR(core->ReadHeaders());
  return core;
}

CoreFile::CoreFile(std::string path, UniqueFd fd, uint64_t size, int64_t written_at)
    : path_(std::move(path)), fd_(std::move(fd)), size_(size), written_at_(written_at) {}

size_t CoreFile::ReadAt(uint64_t offset, std::span<uint8_t> out) const {
  size_t done = 0;
  while (done < out.size() && offset < size_) {
    ssize_t n =
        pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

absl::Status CoreFile::ReadHeaders() {
  Elf64_Ehdr header = {};
  SEEP_RETURN_IF_ERROR(CheckHeader(path_, header, ReadAt(0, BytesOf(header))));
  // With 65,535 segments and more, the count is in the first section header (gABI, PN_XNUM).
  uint64_t count = header.e_phnum;
  Elf64_Shdr section;
  if (count == PN_XNUM && ReadAt(header.e_shoff, BytesOf(section)) == sizeof(section)) {
    count = section.sh_info;
  }
  uint64_t there = header.e_phoff < size_ ? (size_ - header.e_phoff) / sizeof(Elf64_Phdr) : 0;
  std::vector<Elf64_Phdr> headers(std::min({count, there, kMaxSegments}));
  std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(headers.data()),
                           headers.size() * sizeof(Elf64_Phdr));
  headers.resize(ReadAt(header.e_phoff, bytes) / sizeof(Elf64_Phdr));
  if (headers.size() < count) {
    dropped_.push_back({"segments of the core", count - headers.size(),
                        "their headers lie behind the end of the file"});
  }
  std::vector<CoreSegment> segments;
  for (const Elf64_Phdr& h : headers) {
    uint64_t in_file = h.p_offset < size_ ? std::min(h.p_filesz, size_ - h.p_offset) : 0;
    if (h.p_type == PT_NOTE) notes_.push_back({h.p_offset, h.p_filesz});
    if (h.p_type != PT_LOAD || h.p_memsz == 0) continue;
    uint64_t saved = std::min(h.p_filesz, h.p_memsz);
    segments.push_back({.range = {Address(h.p_vaddr), Address(h.p_vaddr + h.p_memsz)},
                        .file_offset = h.p_offset,
                        .saved = saved,
                        .in_file = std::min(saved, in_file),
                        .readable = (h.p_flags & PF_R) != 0,
                        .writable = (h.p_flags & PF_W) != 0,
                        .executable = (h.p_flags & PF_X) != 0});
  }
  AddSegments(std::move(segments));
  return absl::OkStatus();
}

void CoreFile::AddSegments(std::vector<CoreSegment> segments) {
  std::ranges::stable_sort(segments, {}, [](const CoreSegment& s) { return s.range.begin; });
  uint64_t damaged = 0;
  uint64_t lost = 0;
  for (const CoreSegment& segment : segments) {
    bool wraps = segment.range.end <= segment.range.begin;
    bool overlaps = !segments_.empty() && segment.range.begin < segments_.back().range.end;
    if (wraps || overlaps) {
      ++damaged;
      continue;
    }
    segments_.push_back(segment);
    lost += std::min(segment.saved - segment.in_file, std::numeric_limits<uint64_t>::max() - lost);
  }
  if (damaged > 0) {
    dropped_.push_back({"segments of the core", damaged, "they overlap, or wrap around"});
  }
  if (lost > 0) {
    dropped_.push_back({"bytes of memory", lost,
                        absl::StrCat("the core is cut short at ", size_,
                                     " bytes (a full disk, a "
                                     "limit, or still being written?)")});
  }
}

const CoreSegment* CoreFile::FindSegment(Address address) const {
  auto after = std::ranges::upper_bound(segments_, address, {},
                                        [](const CoreSegment& s) { return s.range.begin; });
  if (after == segments_.begin()) return nullptr;
  const CoreSegment& candidate = *std::prev(after);
  return candidate.range.contains(address) ? &candidate : nullptr;
}

size_t CoreFile::Read(Address from, std::span<uint8_t> out) const {
  size_t done = 0;
  while (done < out.size()) {
    Address at = from + done;
    const CoreSegment* segment = FindSegment(at);
    if (segment == nullptr) break;
    uint64_t into = at - segment->range.begin;
    if (into >= segment->in_file) break;
    size_t wanted = std::min<uint64_t>(out.size() - done, segment->in_file - into);
    size_t n = ReadAt(segment->file_offset + into, out.subspan(done, wanted));
    done += n;
    if (n < wanted) break;
  }
  return done;
}

bool CoreFile::VisitNotes(NoteVisitor visit) const {
  bool whole = !notes_.empty();
  for (const NoteRange& range : notes_) whole &= VisitNotesIn(range, visit);
  return whole;
}

bool CoreFile::VisitNotesIn(const NoteRange& range, NoteVisitor visit) const {
  auto rounded = [](uint64_t n) { return (n + 3) & ~uint64_t{3}; };
  if (range.offset > size_) return false;
  uint64_t end = range.offset + std::min(range.size, kMaxNoteBytes);
  std::vector<uint8_t> description;
  uint64_t at = range.offset;
  for (uint64_t count = 0; at < end; ++count) {
    Elf64_Nhdr note;
    std::array<uint8_t, 8> name = {};
    if (count >= kMaxNotes || ReadAt(at, BytesOf(note)) != sizeof(note)) return false;
    uint64_t description_at = at + sizeof(note) + rounded(note.n_namesz);
    uint64_t next = description_at + rounded(note.n_descsz);
    if (next > size_ || next > end) return false;
    size_t name_size = std::min<uint64_t>(note.n_namesz, name.size());
    if (ReadAt(at + sizeof(note), std::span(name).first(name_size)) != name_size) return false;
    description.resize(std::min<uint64_t>(note.n_descsz, kMaxDescription));
    if (ReadAt(description_at, description) != description.size()) return false;
    std::string_view text(reinterpret_cast<const char*>(name.data()), name_size);
    visit(text.substr(0, text.find('\0')), note.n_type, description);
    at = next;
  }
  return true;
}

}  // namespace seep
