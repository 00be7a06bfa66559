// The programs and libraries on this machine that a core was made with: what of them it left out is
// read from them.
//
// The very build, or none: the build-id in the module's first page, which cores have as long as bit
// 4 of coredump_filter is set (as it is by default), must be that of the file. Without one the
// headers in that page must be the file's, and without that page the name alone decides; both count
// as guessed. Only ELF files: another file may have changed since, and has no classes in it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/unique_fd.h"
#include "heap/core/core_file.h"
#include "heap/proc_maps.h"

namespace seep {

struct ModuleFileOptions {
  std::string sysroot;  // put before every path of the core
  // Laid out like /usr/lib/debug (.build-id/xx/yyyy…), or holding binaries by name, flat.
  std::vector<std::string> debug_directories;
};

class ModuleFiles {
 public:
  struct File {
    UniqueFd fd;                        // none: not to be had, and `missing` says why
    bool verified = false;              // by build-id
    std::vector<AddressRange> written;  // where the loader or the program writes: PF_W segments
    std::string missing;
  };

  // `core` must outlive this. `maps` as RebuildMaps returns them.
  ModuleFiles(const CoreFile& core, const std::vector<Mapping>& maps, ModuleFileOptions options);

  // The file behind a mapping. nullptr: it is no file's. Thread-safe. Cost: the first time, opens
  // it and reads its headers.
  const File* Find(const Mapping& mapping) const;

  // Files that were asked for and could not be had, with the reason.
  std::vector<Dropped> dropped() const;

 private:
  // What the core knows of a module: where it begins, and what its first page says.
  struct Expected {
    std::optional<Address> start;  // none: it does not begin in the core
    std::vector<uint8_t> build_id;
    std::vector<uint8_t> head;  // empty: not saved
  };

  std::optional<Address> StartOf(const Mapping& mapping) const;
  Expected ExpectedOf(const Mapping& mapping) const;
  std::vector<std::string> Candidates(const Mapping& mapping, const Expected& expected) const;
  std::unique_ptr<File> Open(const Mapping& mapping) const;
  std::optional<std::string> Accept(const std::string& path, const Expected& expected,
                                    File* file) const;

  const CoreFile& core_;
  ModuleFileOptions options_;
  absl::flat_hash_map<std::string, std::vector<Address>> starts_;  // rising, by path
  mutable std::mutex mutex_;                                       // of files_
  mutable absl::flat_hash_map<std::string, std::unique_ptr<File>> files_;
};

}  // namespace seep
