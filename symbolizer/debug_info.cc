#include "symbolizer/debug_info.h"

#include <dwarf.h>
#include <elfutils/libdwelf.h>

#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace seep {
namespace {

constexpr size_t kMaxFileName = size_t{16} << 10;
constexpr int kMaxInlineDepth = 256;
constexpr int kMaxUnitRanges = 1 << 20;

struct Position {
  std::string file;
  uint32_t line = 0;
};

std::string FileName(const char* name) {
  return name == nullptr ? "" : std::string(name, strnlen(name, kMaxFileName));
}

Position LineTablePosition(Dwarf_Die* unit, Dwarf_Addr address) {
  Dwarf_Line* row = dwarf_getsrc_die(unit, address);
  int line = 0;
  if (row == nullptr || dwarf_lineno(row, &line) != 0) return {};
  return {FileName(dwarf_linesrc(row, nullptr, nullptr)), static_cast<uint32_t>(line)};
}

uint64_t NumberAttribute(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr(die, name, &attribute), &value) != 0) return 0;
  return value;
}

// Where the call stood that was replaced by the inlined subroutine `die`.
Position CallPosition(Dwarf_Die* unit, Dwarf_Die* die) {
  Dwarf_Files* files = nullptr;
  size_t count = 0;
  Position position;
  position.line = static_cast<uint32_t>(NumberAttribute(die, DW_AT_call_line));
  uint64_t file = NumberAttribute(die, DW_AT_call_file);
  if (dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count) {
    position.file = FileName(dwarf_filesrc(files, file, nullptr, nullptr));
  }
  return position;
}

bool IsBlock(int tag) {
  return tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

// A block without addresses may still hold subroutines that have some.
bool MayCover(Dwarf_Die* block, Dwarf_Addr address) {
  bool has_addresses =
      dwarf_hasattr(block, DW_AT_low_pc) != 0 || dwarf_hasattr(block, DW_AT_ranges) != 0;
  return !has_addresses || dwarf_haspc(block, address) > 0;
}

// Appends what is inlined into `parent` at `address`, outermost first. True: something was.
bool AppendInlined(Dwarf_Die* parent, Dwarf_Addr address, int depth,
                   std::vector<Dwarf_Die>* chain) {
  Dwarf_Die die;
  if (depth > kMaxInlineDepth || dwarf_child(parent, &die) != 0) return false;
  do {
    int tag = dwarf_tag(&die);
    if (tag == DW_TAG_inlined_subroutine && dwarf_haspc(&die, address) > 0) {
      chain->push_back(die);
      AppendInlined(&die, address, depth + 1, chain);
      return true;
    }
    if (IsBlock(tag) && MayCover(&die, address) && AppendInlined(&die, address, depth + 1, chain)) {
      return true;
    }
  } while (dwarf_siblingof(&die, &die) == 0);
  return false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DebugInfo>> DebugInfo::Open(const ElfFile& file,
                                                           const DebugFileLocator& locator,
                                                           const Deadline& deadline) {
  Handle dwarf(dwarf_begin_elf(file.handle(), DWARF_C_READ, nullptr));
  if (dwarf == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(file.path(), ": ", dwarf_errmsg(-1)));
  }
  auto info = std::unique_ptr<DebugInfo>(new DebugInfo(std::move(dwarf)));
  SEEP_RETURN_IF_ERROR(info->OpenSupplement(file.path(), locator));
  SEEP_RETURN_IF_ERROR(info->ReadUnits(file.path(), deadline));
  return info;
}

// By build-id and before libdw wants it: libdw would open whatever path the file names.
absl::Status DebugInfo::OpenSupplement(const std::string& path, const DebugFileLocator& locator) {
  const char* name = nullptr;
  const void* id = nullptr;
  ssize_t size = dwelf_dwarf_gnu_debugaltlink(dwarf_.get(), &name, &id);
  if (size == 0) return absl::OkStatus();
  if (size < 0) return absl::InvalidArgumentError(path + ": malformed .gnu_debugaltlink");
  const auto* bytes = static_cast<const uint8_t*>(id);
  SEEP_ASSIGN_OR_RETURN(ElfFile file, locator.FindByBuildId({bytes, bytes + size}));
  supplement_file_ = std::move(file);
  supplement_.reset(dwarf_begin_elf(supplement_file_->handle(), DWARF_C_READ, nullptr));
  if (supplement_ == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(supplement_file_->path(), ": ", dwarf_errmsg(-1)));
  }
  dwarf_setalt(dwarf_.get(), supplement_.get());
  return absl::OkStatus();
}

absl::Status DebugInfo::ReadUnits(const std::string& path, const Deadline& deadline) {
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die;
  while (dwarf_get_units(dwarf_.get(), unit, &unit, nullptr, nullptr, &die, nullptr) == 0) {
    if (deadline.passed()) return absl::DeadlineExceededError(path + ": too many units");
    Dwarf_Addr base = 0;
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    ptrdiff_t at = 0;
    for (int n = 0; n < kMaxUnitRanges; ++n) {
      at = dwarf_ranges(&die, at, &base, &begin, &end);
      if (at <= 0) break;
      unit_ranges_.Add(begin, end, die);
    }
  }
  unit_ranges_.Sort();
  return absl::OkStatus();
}

std::optional<std::vector<Frame>> DebugInfo::FramesAt(uint64_t address) {
  const Dwarf_Die* found = unit_ranges_.Find(address);
  if (found == nullptr) return std::nullopt;
  Dwarf_Die unit = *found;
  Position position = LineTablePosition(&unit, address);
  const Dwarf_Die* function = units_.IndexOf(unit).Function(address);
  if (function == nullptr) {
    if (position.file.empty()) return std::nullopt;
    return std::vector<Frame>{{"", position.file, position.line, false}};
  }

  std::vector<Dwarf_Die> chain = {*function};
  AppendInlined(&chain.front(), address, 0, &chain);
  std::vector<Frame> frames;
  for (; !chain.empty(); chain.pop_back()) {
    bool inlined = chain.size() > 1;
    frames.push_back({names_.Name(chain.back()), position.file, position.line, inlined});
    if (inlined) position = CallPosition(&unit, &chain.back());
  }
  return frames;
}

}  // namespace seep
