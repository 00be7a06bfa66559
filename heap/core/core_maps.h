// /proc/PID/maps of a process that has ended, put together again from its core.
#pragma once

#include <vector>

#include "heap/core/core_file.h"
#include "heap/core/core_process.h"
#include "heap/proc_maps.h"

namespace seep {

// Segments have addresses and permissions, the note of mapped files (NT_FILE) has paths:
//
//   segments   ├── r-- ──┤           ├─ r-- ─┤├─ rw- ─┤ ├─ rw- ─┤
//   NT_FILE    ├────────── libx.so ──────────────────┤
//   maps       ├ libx r--┤├ libx ?-- ┤├ r-- ──┤├─ rw- ─┤ ├ rw- no file: heap, stack, .bss ┤
//
// gcore writes no segment for what it does not save: such parts of files are given as readable,
// small gaps below writable memory as guard pages, without access. Devices and inodes are not
// known. The main thread's stack is "[stack]", the kernel's code "[vdso]".
std::vector<Mapping> RebuildMaps(const CoreFile& core, const CoreProcess& process);

// Marks as executable what is code by the program headers of its module, and has no segment that
// would say so.
void MarkCode(const CoreFile& core, const Memory& memory, std::vector<Mapping>& maps);

}  // namespace seep
