// An ELF program, shared library or separate debug file, opened for reading.
//
// The file is hostile: libelf checks every offset against the file's end, and errors name the file.
// It is mapped, not read, since debug files reach gigabytes of which a report needs little; the
// price: a file that is cut short in place while we read it raises SIGBUS (a build or an upgrade
// replaces files instead). Cost of Open: one mapping. Not thread-safe; separate objects are.
#pragma once

#include <gelf.h>
#include <libelf.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace seep {

class ElfFile {
 public:
  // INVALID_ARGUMENT: not a regular file, or no ELF program or library; else the status of the
  // failed system call.
  static absl::StatusOr<ElfFile> Open(const std::string& path);

  const std::string& path() const { return path_; }

  // Empty: it has none.
  const std::vector<uint8_t>& build_id() const { return build_id_; }

  bool has_debug_info() const { return has_debug_info_; }

  // The separate debug file that .gnu_debuglink names: a bare file name and the checksum of its
  // contents. nullopt also where the name could lead out of the directory it is looked up in.
  struct DebugLink {
    std::string file_name;
    uint32_t crc = 0;
  };
  std::optional<DebugLink> debug_link() const;

  // Of the whole file, as .gnu_debuglink counts it. Cost: reads all of it.
  uint32_t Crc() const;

  struct Section {
    Elf_Scn* handle = nullptr;
    GElf_Shdr header = {};
    std::string name;  // hostile
  };
  std::vector<Section> sections() const;

  // For libelf and libdw; owned by this object.
  Elf* handle() const { return elf_.get(); }

 private:
  struct End {
    void operator()(Elf* elf) const { elf_end(elf); }
  };

  ElfFile(std::string path, UniqueFd fd, std::unique_ptr<Elf, End> elf);

  std::string path_;
  UniqueFd fd_;
  std::unique_ptr<Elf, End> elf_;
  std::vector<uint8_t> build_id_;
  bool has_debug_info_ = false;
};

// "93ac61ec…", or "none".
std::string BuildIdText(const std::vector<uint8_t>& build_id);

}  // namespace seep
