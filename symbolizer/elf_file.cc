#include "symbolizer/elf_file.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"

namespace seep {
namespace {

// O_NONBLOCK: a path that a hostile target names may be a FIFO, whose open would wait forever.
absl::StatusOr<UniqueFd> OpenRegularFile(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.ok()) return FileError(path, "cannot open", errno);
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return FileError(path, "cannot stat", errno);
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError(path + ": not a regular file");
  return fd;
}

std::vector<uint8_t> ReadBuildId(Elf* elf) {
  const void* bytes = nullptr;
  ssize_t size = dwelf_elf_gnu_build_id(elf, &bytes);
  if (size <= 0) return {};
  const auto* begin = static_cast<const uint8_t*>(bytes);
  return {begin, begin + size};
}

}  // namespace

absl::StatusOr<ElfFile> ElfFile::Open(const std::string& path) {
  elf_version(EV_CURRENT);
  SEEP_ASSIGN_OR_RETURN(UniqueFd fd, OpenRegularFile(path));
  std::unique_ptr<Elf, End> elf(elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr));
  if (elf == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", elf_errmsg(-1)));
  }
  GElf_Ehdr header;
  if (elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr) {
    return absl::InvalidArgumentError(path + ": not an ELF file");
  }
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) {
    return absl::InvalidArgumentError(path + ": neither a program nor a shared library");
  }
  return ElfFile(path, std::move(fd), std::move(elf));
}

ElfFile::ElfFile(std::string path, UniqueFd fd, std::unique_ptr<Elf, End> elf)
    : path_(std::move(path)),
      fd_(std::move(fd)),
      elf_(std::move(elf)),
      build_id_(ReadBuildId(elf_.get())) {
  for (const Section& section : sections()) {
    bool named = section.name == ".debug_info" || section.name == ".zdebug_info";
    if (named && section.header.sh_type != SHT_NOBITS) has_debug_info_ = true;
  }
}

std::vector<ElfFile::Section> ElfFile::sections() const {
  std::vector<Section> sections;
  size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) return sections;
  for (Elf_Scn* scn = elf_nextscn(elf_.get(), nullptr); scn != nullptr;
       scn = elf_nextscn(elf_.get(), scn)) {
    Section section;
    section.handle = scn;
    if (gelf_getshdr(scn, &section.header) == nullptr) continue;
    const char* name = elf_strptr(elf_.get(), names, section.header.sh_name);
    if (name != nullptr) section.name = name;
    sections.push_back(std::move(section));
  }
  return sections;
}

std::optional<ElfFile::DebugLink> ElfFile::debug_link() const {
  GElf_Word crc = 0;
  const char* name = dwelf_elf_gnu_debuglink(elf_.get(), &crc);
  if (name == nullptr) return std::nullopt;
  std::string_view text(name);
  bool bare = !text.empty() && text != "." && text != ".." && text.find('/') == text.npos;
  if (!bare) return std::nullopt;
  return DebugLink{std::string(text), crc};
}

uint32_t ElfFile::Crc() const {
  size_t size = 0;
  const char* bytes = elf_rawfile(elf_.get(), &size);
  if (bytes == nullptr) return 0;
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes), size));
}

std::string BuildIdText(const std::vector<uint8_t>& build_id) {
  if (build_id.empty()) return "none";
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(build_id.data()), build_id.size()));
}

}  // namespace seep
