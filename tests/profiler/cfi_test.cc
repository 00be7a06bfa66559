// Our reading of .eh_frame against elfutils', for every row of every module of this process.
#include "profiler/cfi.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <link.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "profiler/module_table.h"

namespace seep::profiler {
namespace {

constexpr int kRbp = 6, kRsp = 7, kReturnAddress = 16;

struct Range {
  uintptr_t begin, end;
};

struct Module {
  std::string path;
  uintptr_t bias;
  std::vector<Range> code;
};

std::vector<Module> LoadedModules() {
  std::vector<Module> modules;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* out) {
        Module module{info->dlpi_name, info->dlpi_addr, {}};
        if (module.path.empty()) module.path = "/proc/self/exe";
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
          uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
          module.code.push_back({begin, begin + segment.p_memsz});
        }
        static_cast<std::vector<Module>*>(out)->push_back(std::move(module));
        return 0;
      },
      &modules);
  return modules;
}

// elfutils' answer in our words; kUnsupported for what we mean to give up on.
UnwindRule RuleOf(Dwarf_Frame* frame) {
  bool signal_frame = false;
  dwarf_frame_info(frame, nullptr, nullptr, &signal_frame);
  UnwindRule rule;
  if (signal_frame) {
    rule.kind = UnwindRule::kSignalFrame;
    return rule;
  }
  Dwarf_Op memory[3];
  Dwarf_Op* ops = nullptr;
  size_t n = 0;
  if (dwarf_frame_register(frame, kReturnAddress, memory, &ops, &n) != 0) return {};
  if (n == 0 && ops == memory) {  // undefined
    rule.kind = UnwindRule::kEnd;
    return rule;
  }
  auto is_at_cfa = [&](int64_t* offset) {
    if (n < 1 || n > 2 || ops[0].atom != DW_OP_call_frame_cfa) return false;
    if (n == 2 && ops[1].atom != DW_OP_plus_uconst) return false;
    *offset = n == 2 ? static_cast<int64_t>(ops[1].number) : 0;
    return true;
  };
  int64_t offset = 0;
  if (!is_at_cfa(&offset) || offset != -8) return {};

  if (dwarf_frame_register(frame, kRbp, memory, &ops, &n) != 0) return {};
  if (n == 0 && ops == nullptr) {  // the same value
    rule.rbp_slot = UnwindRule::kRbpUnchanged;
  } else if (is_at_cfa(&offset) && offset < 0) {
    rule.rbp_slot = static_cast<uint32_t>(-offset);
  } else if (n == 2 && ops[1].atom == DW_OP_breg6 && ops[1].number == 0) {
    // Before a register's expression elfutils puts the CFA, which it starts with.
    rule.rbp_slot = UnwindRule::kRbpAtRbp;
  } else {
    return {};
  }

  if (dwarf_frame_cfa(frame, &ops, &n) != 0) return {};
  auto number = static_cast<int64_t>(ops[0].number);
  if (n == 1 && ops[0].atom == DW_OP_bregx) {
    number = static_cast<int64_t>(ops[0].number2);
    if (ops[0].number == kRsp) rule.kind = UnwindRule::kCfaFromRsp;
    if (ops[0].number == kRbp) rule.kind = UnwindRule::kCfaFromRbp;
  } else if (n == 1 && ops[0].atom == DW_OP_breg7) {
    rule.kind = UnwindRule::kCfaFromRsp;
  } else if (n == 1 && ops[0].atom == DW_OP_breg6) {
    rule.kind = UnwindRule::kCfaFromRbp;
  } else if (n == 2 && ops[0].atom == DW_OP_breg6 && ops[1].atom == DW_OP_deref) {
    rule.kind = UnwindRule::kCfaAtRbp;
    number = -number;
  }
  if (number < 0 || number % 8 != 0) return {};
  rule.cfa_offset = static_cast<uint32_t>(number);
  return rule.kind == UnwindRule::kUnsupported ? UnwindRule{} : rule;
}

std::string Text(const UnwindRule& rule) {
  if (rule.kind == UnwindRule::kUnsupported) return "unsupported";
  return std::to_string(rule.kind) + " cfa " + std::to_string(rule.cfa_offset) + " rbp " +
         std::to_string(rule.rbp_slot);
}

// Rows by kind of rule.
using Census = std::map<int, uint64_t>;

// At each row's first and last position; where there is no row, goes on by bytes.
void ExpectSameRows(const Module& module, Census* census) {
  int fd = open(module.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;  // the vDSO has no file
  elf_version(EV_CURRENT);
  std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(fd, ELF_C_READ, nullptr), elf_end);
  std::unique_ptr<Dwarf_CFI, int (*)(Dwarf_CFI*)> cfi(dwarf_getcfi_elf(elf.get()), dwarf_cfi_end);
  ASSERT_NE(cfi, nullptr) << module.path;
  ModuleView view = FindModule(module.code.front().begin);
  int failures = 0;
  for (const Range& range : module.code) {
    for (uintptr_t pc = range.begin; pc < range.end;) {
      Dwarf_Frame* frame = nullptr;
      if (dwarf_cfi_addrframe(cfi.get(), pc - module.bias, &frame) != 0) {
        EXPECT_EQ(ReadUnwindRule(pc, view).kind, UnwindRule::kUnsupported) << "no function is here";
        ++pc;
        continue;
      }
      std::unique_ptr<Dwarf_Frame, void (*)(void*)> owner(frame, free);
      UnwindRule expected = RuleOf(frame);
      Dwarf_Addr begin = 0, end = 0;
      dwarf_frame_info(frame, &begin, &end, nullptr);
      ++(*census)[expected.kind];
      for (uintptr_t at : {pc, end + module.bias - 1}) {
        // Uncached, entered into the cache, and out of it.
        for (const UnwindRule& rule :
             {ReadUnwindRule(at, view), FindUnwindRule(at, view), FindUnwindRule(at, view)}) {
          EXPECT_EQ(Text(rule), Text(expected))
              << module.path << " at " << std::hex << at - module.bias;
          if (Text(rule) != Text(expected) && ++failures > 5) return;
        }
      }
      pc = std::max<uintptr_t>(pc + 1, end + module.bias);
    }
  }
  close(fd);
}

TEST(CfiTest, EveryRowOfEveryModule) {
  ScanInitialModules();
  Census census;
  for (const Module& module : LoadedModules()) ExpectSameRows(module, &census);
  uint64_t rows = 0;
  for (const auto& [kind, count] : census) {
    RecordProperty("rows_of_kind_" + std::to_string(kind), std::to_string(count));
    rows += count;
  }
  EXPECT_GT(rows, 50'000u);
  EXPECT_GT(census[UnwindRule::kCfaFromRsp], 10'000u);
  EXPECT_GT(census[UnwindRule::kCfaFromRbp], 100u);
  EXPECT_GT(census[UnwindRule::kCfaAtRbp], 0u) << "unwind_frames.cc has some";
  EXPECT_GT(census[UnwindRule::kSignalFrame], 0u);
  EXPECT_GT(census[UnwindRule::kEnd], 0u);
  EXPECT_LT(census[UnwindRule::kUnsupported], rows / 50) << "what we give up on is rare";
}

}  // namespace
}  // namespace seep::profiler
