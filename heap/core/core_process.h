// What the notes of a core say of the process (elf.h, sys/procfs.h; Linux fs/binfmt_elf.c).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "heap/core/core_file.h"
#include "heap/target_thread.h"
#include "snapshot/snapshot.h"

namespace seep {

// A piece of a file that was mapped.
struct MappedFilePart {
  AddressRange range;
  uint64_t file_offset = 0;
  std::string path;  // as the process saw it; hostile
};

struct CoreProcess {
  uint32_t pid = 0;                   // in its own pid namespace; 0: not known
  uint32_t uid = 0;                   // likewise
  std::string name;                   // of the executable, up to 16 bytes
  std::string command_line;           // its first 79 bytes
  int signal = 0;                     // that ended it; 0: none (gcore) or not known
  uint32_t signalled_tid = 0;         // the thread that got it
  std::vector<TargetThread> threads;  // the main thread first; names are not saved
  std::vector<MappedFilePart> files;  // rising, disjoint
  std::optional<Address> vdso;        // from the auxiliary vector, as the next two
  std::optional<Address> program_headers;
  std::optional<Address> random_bytes;  // they lie on the main thread's stack
};

// Every text and name in it is bounded, and free of null bytes. `dropped`: notes that are missing.
CoreProcess ReadCoreProcess(const CoreFile& core, std::vector<Dropped>* dropped);

}  // namespace seep
