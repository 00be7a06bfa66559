#include "heap/core/module_files.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "heap/elf_image.h"
#include "heap/file_pages.h"
#include "symbolizer/elf_file.h"

namespace seep {
namespace {

constexpr uint64_t kPage = 4096;
// We may have 1024 files open. Real processes load up to 500.
constexpr size_t kMaxFiles = 700;

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// A separate debug file has the headers of the binary, but not its contents.
bool HasContents(const ElfFile& elf) {
  return std::ranges::none_of(elf.sections(), [](const ElfFile::Section& section) {
    return section.header.sh_type == SHT_NOBITS && (section.header.sh_flags & SHF_EXECINSTR) != 0;
  });
}

bool StartsWith(int fd, const std::vector<uint8_t>& head) {
  std::vector<uint8_t> bytes(head.size());
  return ReadFilePages(fd, 0, bytes) == bytes.size() && bytes == head;
}

std::vector<GElf_Phdr> LoadsOf(const ElfFile& elf) {
  std::vector<GElf_Phdr> loads;
  size_t count = 0;
  if (elf_getphdrnum(elf.handle(), &count) != 0) return loads;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf.handle(), static_cast<int>(i), &header) == nullptr) break;
    if (header.p_type == PT_LOAD && header.p_memsz > 0) loads.push_back(header);
  }
  return loads;
}

std::vector<AddressRange> WrittenParts(const std::vector<GElf_Phdr>& loads, Address start) {
  std::vector<AddressRange> written;
  uint64_t bias = start.value() - (loads.front().p_vaddr - loads.front().p_offset);
  for (const GElf_Phdr& load : loads) {
    if ((load.p_flags & PF_W) == 0) continue;
    uint64_t begin = bias + load.p_vaddr;
    uint64_t end = begin + load.p_memsz;
    written.push_back({Address(begin / kPage * kPage), Address((end + kPage - 1) / kPage * kPage)});
  }
  return written;
}

}  // namespace

ModuleFiles::ModuleFiles(const CoreFile& core, const std::vector<Mapping>& maps,
                         ModuleFileOptions options)
    : core_(core), options_(std::move(options)) {
  for (const Mapping& mapping : maps) {
    if (mapping.has_file() && mapping.file_offset == 0) {
      starts_[mapping.path].push_back(mapping.range.begin);
    }
  }
}

std::optional<Address> ModuleFiles::StartOf(const Mapping& mapping) const {
  auto starts = starts_.find(mapping.path);
  if (starts == starts_.end()) return std::nullopt;
  auto after = std::ranges::upper_bound(starts->second, mapping.range.begin);
  if (after == starts->second.begin()) return std::nullopt;
  return *std::prev(after);
}

ModuleFiles::Expected ModuleFiles::ExpectedOf(const Mapping& mapping) const {
  Expected expected;
  expected.start = StartOf(mapping);
  if (!expected.start.has_value()) return expected;
  Address begin = *expected.start;
  std::vector<Elf64_Phdr> headers = ReadProgramHeaders(core_, begin);
  auto first = std::ranges::find(headers, uint32_t{PT_LOAD}, &Elf64_Phdr::p_type);
  if (first == headers.end()) return expected;
  uint64_t bias = begin.value() - (first->p_vaddr - first->p_offset);
  expected.build_id = ReadElfBuildId(core_, bias, headers);
  expected.head.resize(kPage);
  expected.head.resize(core_.Read(begin, expected.head));
  return expected;
}

// A path alone proves nothing in a directory of debug files, so these need a build-id.
std::vector<std::string> ModuleFiles::Candidates(const Mapping& mapping,
                                                 const Expected& expected) const {
  std::vector<std::string> candidates;
  // Opening some files of /proc does something, and a core may name any.
  bool special = std::ranges::any_of(std::array{"/dev/", "/proc/", "/sys/"}, [&](const char* top) {
    return mapping.path.starts_with(top);
  });
  bool no_file = mapping.deleted || mapping.path.find("/../") != std::string::npos ||
                 (special && !mapping.path.starts_with("/dev/shm/"));
  if (!no_file) candidates.push_back(options_.sysroot + mapping.path);
  if (expected.build_id.size() < 2) return candidates;
  std::string id = BuildIdText(expected.build_id);
  for (const std::string& directory : options_.debug_directories) {
    candidates.push_back(
        absl::StrCat(directory, "/.build-id/", id.substr(0, 2), "/", id.substr(2)));
    candidates.push_back(absl::StrCat(directory, "/", BaseName(mapping.path)));
  }
  return candidates;
}

// Fills `file`, or says why not.
std::optional<std::string> ModuleFiles::Accept(const std::string& path, const Expected& expected,
                                               File* file) const {
  absl::StatusOr<ElfFile> elf = ElfFile::Open(path);
  if (!elf.ok()) return std::string(elf.status().message());
  std::vector<GElf_Phdr> loads = LoadsOf(*elf);
  if (loads.empty() || !HasContents(*elf)) return path + ": it holds no code";
  if (!expected.build_id.empty() && elf->build_id() != expected.build_id) {
    return absl::StrCat(path, ": another build (", BuildIdText(elf->build_id()), "; the core's is ",
                        BuildIdText(expected.build_id), ")");
  }
  absl::StatusOr<UniqueFd> fd = OpenRegularFile(path);
  if (!fd.ok()) return std::string(fd.status().message());
  if (expected.build_id.empty() && !StartsWith(fd->get(), expected.head)) {
    return path + ": another build (its headers differ from the core's)";
  }
  file->fd = *std::move(fd);
  file->verified = !expected.build_id.empty();
  // Where it was loaded is not known: all of it may have been written.
  file->written = expected.start.has_value()
                      ? WrittenParts(loads, *expected.start)
                      : std::vector<AddressRange>{{Address(0), Address(~uint64_t{0})}};
  return std::nullopt;
}

std::unique_ptr<ModuleFiles::File> ModuleFiles::Open(const Mapping& mapping) const {
  auto file = std::make_unique<File>();
  Expected expected = ExpectedOf(mapping);
  for (const std::string& candidate : Candidates(mapping, expected)) {
    std::optional<std::string> why_not = Accept(candidate, expected, file.get());
    if (!why_not.has_value()) {
      file->missing.clear();
      return file;
    }
    absl::StrAppend(&file->missing, file->missing.empty() ? "" : "; ", *why_not);
  }
  if (file->missing.empty()) file->missing = mapping.path + ": deleted, or no file";
  return file;
}

const ModuleFiles::File* ModuleFiles::Find(const Mapping& mapping) const {
  if (!mapping.has_file()) return nullptr;
  // A library that is loaded twice (dlmopen) is relocated twice.
  std::string key = absl::StrCat(mapping.path, " ", StartOf(mapping).value_or(Address()).value());
  std::lock_guard lock(mutex_);
  auto known = files_.find(key);
  if (known != files_.end()) return known->second.get();
  if (files_.size() >= kMaxFiles) return nullptr;
  return (files_[key] = Open(mapping)).get();
}

std::vector<Dropped> ModuleFiles::dropped() const {
  std::vector<Dropped> dropped;
  std::lock_guard lock(mutex_);
  for (const auto& [key, file] : files_) {
    if (!file->fd.ok()) dropped.push_back({"module files", 1, file->missing});
  }
  std::ranges::sort(dropped, {}, &Dropped::why);
  return dropped;
}

}  // namespace seep
