// Source positions from DWARF 4 and 5: from an address to the function around it, what the compiler
// inlined there, and the file and line of each.
//
// The compiler describes only the outermost function as code of its own. What it inlined hangs
// below it as a tree, each node with the addresses it became and the line its call stood on:
//
//   subprogram LockTable::Get      [0x100,0x180)
//   └ lexical_block                [0x110,0x170)
//     └ inlined make_unique        [0x120,0x140)  call_file lock_table.cc, call_line 48
//       └ inlined OrderLock()      [0x130,0x138)  call_file unique_ptr.h, call_line 1065
//
// The line table knows only where the innermost is. So for 0x132, innermost first:
//
//   OrderLock()       order_lock.h:9       from the line table
//   make_unique       unique_ptr.h:1065    where OrderLock() was called
//   LockTable::Get    lock_table.cc:48     where make_unique was called
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "snapshot/symbol_table.h"
#include "symbolizer/deadline.h"
#include "symbolizer/debug_file_locator.h"
#include "symbolizer/elf_file.h"
#include "symbolizer/function_namer.h"
#include "symbolizer/range_index.h"

namespace seep {

// libdw parses, and checks every offset against its section: 110,000 damaged files did not bring it
// down. Above it, three levels, each made when needed:
//
//   unit ranges (Open) ─► functions of one unit (UnitIndex) ─► what is inlined at one address
//
// Not thread-safe; separate objects are.
class DebugInfo {
 public:
  // `file` must outlive it. Cost: reads the head of every unit, about 50 µs each.
  // NOT_FOUND: the supplementary file (dwz) with shared parts of the names is not there.
  static absl::StatusOr<std::unique_ptr<DebugInfo>> Open(const ElfFile& file,
                                                         const DebugFileLocator& locator,
                                                         const Deadline& deadline);

  // The frames at the instruction at `address`, innermost first. Names are empty where DWARF does
  // not say. nullopt: it knows nothing of the address.
  std::optional<std::vector<Frame>> FramesAt(uint64_t address);

 private:
  struct End {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
  };
  using Handle = std::unique_ptr<Dwarf, End>;

  explicit DebugInfo(Handle dwarf) : dwarf_(std::move(dwarf)), names_(&units_) {}
  absl::Status OpenSupplement(const std::string& path, const DebugFileLocator& locator);
  absl::Status ReadUnits(const std::string& path, const Deadline& deadline);

  // Declared so that the file of names goes after everything that points into it.
  std::optional<ElfFile> supplement_file_;
  Handle supplement_;
  Handle dwarf_;
  RangeIndex<Dwarf_Die> unit_ranges_;
  UnitCache units_;
  FunctionNamer names_;
};

}  // namespace seep
