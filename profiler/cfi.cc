// .eh_frame as the LSB and DWARF 4 (§6.4) describe it; encodings from the LSB's "DWARF extensions".
#include "profiler/cfi.h"

#include <cstring>

namespace seep::profiler {
namespace {

constexpr uint32_t kRbp = 6;
constexpr uint32_t kRsp = 7;
constexpr uint32_t kReturnAddress = 16;

// A cursor that never leaves the module's mapping; past its end everything reads as 0.
class Cursor {
 public:
  Cursor(const uint8_t* at, const ModuleView& module)
      : at_(at), end_(reinterpret_cast<const uint8_t*>(module.end)) {
    if (reinterpret_cast<uintptr_t>(at) < module.start) at_ = end_;
  }
  Cursor(const uint8_t* at, const uint8_t* end) : at_(at), end_(end) {}

  template <typename T>
  T Read() {
    T value{};
    if (left() < sizeof(T)) {
      at_ = end_;
      return value;
    }
    memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }

  uint64_t ReadUleb() {
    uint64_t value = 0;
    for (uint32_t shift = 0; at_ < end_; shift += 7) {
      uint8_t byte = *at_++;
      if (shift < 64) value |= uint64_t{byte & 0x7Fu} << shift;
      if ((byte & 0x80) == 0) break;
    }
    return value;
  }

  int64_t ReadSleb() {
    uint64_t value = 0;
    uint32_t shift = 0;
    uint8_t byte = 0;
    do {
      if (at_ >= end_) return 0;
      byte = *at_++;
      if (shift < 64) value |= uint64_t{byte & 0x7Fu} << shift;
      shift += 7;
    } while (byte & 0x80);
    if (shift < 64 && (byte & 0x40)) value |= ~uint64_t{0} << shift;
    return static_cast<int64_t>(value);
  }

  void Skip(uint64_t n) { at_ = n <= left() ? at_ + n : end_; }
  uint64_t left() const { return at_ < end_ ? static_cast<uint64_t>(end_ - at_) : 0; }
  const uint8_t* at() const { return at_; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

// Pointer encodings: low nibble the format, 0x70 what it is relative to.
constexpr uint8_t kFormatMask = 0x0F;
constexpr uint8_t kRelativeMask = 0x70;
constexpr uint8_t kPcRelative = 0x10;
constexpr uint8_t kDataRelative = 0x30;

uint64_t ReadEncoded(Cursor& cursor, uint8_t encoding, const uint8_t* data_base) {
  auto here = reinterpret_cast<uint64_t>(cursor.at());
  uint64_t value = 0;
  switch (encoding & kFormatMask) {
    case 0x0:
      value = cursor.Read<uint64_t>();
      break;
    case 0x1:
      value = cursor.ReadUleb();
      break;
    case 0x2:
      value = cursor.Read<uint16_t>();
      break;
    case 0x3:
      value = cursor.Read<uint32_t>();
      break;
    case 0x4:
      value = cursor.Read<uint64_t>();
      break;
    case 0x9:
      value = static_cast<uint64_t>(cursor.ReadSleb());
      break;
    case 0xA:
      value = static_cast<uint64_t>(int64_t{cursor.Read<int16_t>()});
      break;
    case 0xB:
      value = static_cast<uint64_t>(int64_t{cursor.Read<int32_t>()});
      break;
    case 0xC:
      value = cursor.Read<uint64_t>();
      break;
    default:
      break;
  }
  if ((encoding & kRelativeMask) == kPcRelative) value += here;
  if ((encoding & kRelativeMask) == kDataRelative) value += reinterpret_cast<uint64_t>(data_base);
  return value;
}

// --- Finding the function's description -------------------------------------------------------

// .eh_frame_hdr: version, three encodings, eh_frame pointer, count, and a table sorted by function
// start of (start, FDE), both 4 bytes relative to the header: what every linker writes (0x3B).
const uint8_t* FindFde(uintptr_t pc, const ModuleView& module) {
  const uint8_t* header = module.eh_frame_hdr;
  if (header == nullptr) return nullptr;
  Cursor cursor(header, module);
  uint8_t version = cursor.Read<uint8_t>();
  uint8_t frame_encoding = cursor.Read<uint8_t>();
  uint8_t count_encoding = cursor.Read<uint8_t>();
  uint8_t table_encoding = cursor.Read<uint8_t>();
  if (version != 1 || table_encoding != 0x3B) return nullptr;
  ReadEncoded(cursor, frame_encoding, header);
  uint64_t count = ReadEncoded(cursor, count_encoding, header);
  if (count == 0 || count > cursor.left() / 8) return nullptr;

  struct Row {
    int32_t start;
    int32_t fde;
  };
  auto row_at = [table = cursor.at()](uint64_t i) {
    Row row;
    memcpy(&row, table + i * sizeof(Row), sizeof(Row));
    return row;
  };
  auto wanted = static_cast<int64_t>(pc - reinterpret_cast<uintptr_t>(header));
  uint64_t low = 0, high = count;  // the last row with start ≤ wanted is in [low, high)
  while (high - low > 1) {
    uint64_t middle = low + (high - low) / 2;
    (row_at(middle).start <= wanted ? low : high) = middle;
  }
  Row row = row_at(low);
  return row.start <= wanted ? header + row.fde : nullptr;
}

struct FunctionCfi {
  uint64_t begin = 0;
  uint64_t code_align = 1;
  int64_t data_align = 1;
  bool signal_frame = false;
  Cursor initial{nullptr, nullptr};       // the CIE's instructions
  Cursor instructions{nullptr, nullptr};  // the FDE's
};

// Length-prefixed record: its body, or an empty cursor for 64-bit or broken ones.
Cursor Body(const uint8_t* record, const ModuleView& module) {
  Cursor cursor(record, module);
  uint32_t length = cursor.Read<uint32_t>();
  if (length == 0 || length >= 0xFFFFFFF0u || length > cursor.left()) return {nullptr, nullptr};
  return {cursor.at(), cursor.at() + length};
}

bool ParseCie(const uint8_t* record, const ModuleView& module, FunctionCfi* cfi,
              uint8_t* pointer_encoding, bool* has_augmentation) {
  Cursor cursor = Body(record, module);
  if (cursor.left() == 0) return false;
  cursor.Read<uint32_t>();  // CIE id
  uint8_t version = cursor.Read<uint8_t>();
  if (version != 1 && version != 3) return false;
  const char* augmentation = reinterpret_cast<const char*>(cursor.at());
  size_t length = strnlen(augmentation, cursor.left());
  cursor.Skip(length + 1);
  cfi->code_align = cursor.ReadUleb();
  cfi->data_align = cursor.ReadSleb();
  uint64_t return_register = version == 1 ? cursor.Read<uint8_t>() : cursor.ReadUleb();
  if (return_register != kReturnAddress) return false;

  *pointer_encoding = 0;
  *has_augmentation = length > 0 && augmentation[0] == 'z';
  if (length > 0 && !*has_augmentation) return false;
  if (*has_augmentation) {
    uint64_t data_length = cursor.ReadUleb();
    Cursor data = cursor;
    cursor.Skip(data_length);
    for (size_t i = 1; i < length; ++i) {
      switch (augmentation[i]) {
        case 'R':
          *pointer_encoding = data.Read<uint8_t>();
          break;
        case 'L':
          data.Read<uint8_t>();
          break;
        case 'P':
          ReadEncoded(data, data.Read<uint8_t>(), nullptr);
          break;
        case 'S':
          cfi->signal_frame = true;
          break;
        default:
          return false;
      }
    }
  }
  cfi->initial = cursor;
  return true;
}

bool ParseFde(uintptr_t pc, const uint8_t* record, const ModuleView& module, FunctionCfi* cfi) {
  Cursor cursor = Body(record, module);
  if (cursor.left() == 0) return false;
  const uint8_t* id_at = cursor.at();
  uint32_t cie_distance = cursor.Read<uint32_t>();
  uint8_t encoding = 0;
  bool has_augmentation = false;
  if (!ParseCie(id_at - cie_distance, module, cfi, &encoding, &has_augmentation)) return false;
  cfi->begin = ReadEncoded(cursor, encoding, nullptr);
  uint64_t size = ReadEncoded(cursor, encoding & kFormatMask, nullptr);
  if (pc - cfi->begin >= size) return false;  // between two functions
  if (has_augmentation) {
    uint64_t length = cursor.ReadUleb();
    cursor.Skip(length);
  }
  cfi->instructions = cursor;
  return true;
}

// --- Interpreting the rows ---------------------------------------------------------------------

struct Row {
  enum CfaKind : uint8_t { kRegister, kAtRbp, kOther } cfa_kind = kRegister;
  uint64_t cfa_register = kRsp;
  int64_t cfa_offset = 0;

  enum SavedKind : uint8_t { kSame, kAtCfa, kAtRegister, kUndefined, kStrange };
  struct Saved {
    SavedKind kind = kSame;
    int64_t offset = 0;
  };
  Saved rbp;
  Saved return_address{kAtCfa, -8};
};

// The one expression for a CFA that compilers emit: DW_OP_breg6 (rbp) n; DW_OP_deref.
void ReadCfaExpression(Cursor& cursor, Row& row) {
  uint64_t length = cursor.ReadUleb();
  Cursor expression(cursor.at(), cursor.at() + (length <= cursor.left() ? length : 0));
  cursor.Skip(length);
  row.cfa_kind = Row::kOther;
  if (expression.Read<uint8_t>() != 0x70 + kRbp) return;
  row.cfa_offset = expression.ReadSleb();
  if (expression.Read<uint8_t>() == 0x06 && expression.left() == 0) row.cfa_kind = Row::kAtRbp;
}

// The one for a register: DW_OP_breg6 (rbp) 0.
Row::Saved ReadRegisterExpression(Cursor& cursor) {
  uint64_t length = cursor.ReadUleb();
  Cursor expression(cursor.at(), cursor.at() + (length <= cursor.left() ? length : 0));
  cursor.Skip(length);
  if (expression.Read<uint8_t>() != 0x70 + kRbp) return {Row::kStrange, 0};
  int64_t offset = expression.ReadSleb();
  if (expression.left() != 0 || offset != 0) return {Row::kStrange, 0};
  return {Row::kAtRegister, 0};
}

void SetRule(Row& row, uint64_t reg, Row::Saved saved) {
  if (reg == kRbp) row.rbp = saved;
  if (reg == kReturnAddress) row.return_address = saved;
}

void RestoreRule(Row& row, uint64_t reg, const Row& initial) {
  if (reg == kRbp) row.rbp = initial.rbp;
  if (reg == kReturnAddress) row.return_address = initial.return_address;
}

struct Interpreter {
  const FunctionCfi& cfi;
  uint64_t pc;
  uint64_t location;
  Row row;
  Row initial;
  Row remembered[8];
  uint32_t depth = 0;

  // Moves to the next row; true when that row begins after pc, so that the current one is the
  // answer.
  bool Advance(uint64_t delta) {
    uint64_t next = location + delta * cfi.code_align;
    if (next > pc) return true;
    location = next;
    return false;
  }

  int64_t Factored(uint64_t n) const { return static_cast<int64_t>(n) * cfi.data_align; }

  // Runs until the row of `pc` is complete. False: an instruction that is not understood.
  bool Run(Cursor cursor) {
    while (cursor.left() > 0) {
      uint8_t byte = cursor.Read<uint8_t>();
      uint8_t low = byte & 0x3F;
      switch (byte & 0xC0) {
        case 0x40:  // advance_loc
          if (Advance(low)) return true;
          continue;
        case 0x80:  // offset
          SetRule(row, low, {Row::kAtCfa, Factored(cursor.ReadUleb())});
          continue;
        case 0xC0:  // restore
          RestoreRule(row, low, initial);
          continue;
        default:
          break;
      }
      bool done = false;
      if (!Extended(byte, cursor, &done)) return false;
      if (done) return true;
    }
    return true;
  }

  bool Extended(uint8_t opcode, Cursor& cursor, bool* done) {
    switch (opcode) {
      case 0x00:
        break;  // nop
      case 0x01:
        return false;  // set_loc: not in use
      case 0x02:
        *done = Advance(cursor.Read<uint8_t>());
        break;  // advance_loc1
      case 0x03:
        *done = Advance(cursor.Read<uint16_t>());
        break;  // advance_loc2
      case 0x04:
        *done = Advance(cursor.Read<uint32_t>());
        break;      // advance_loc4
      case 0x05: {  // offset_extended
        uint64_t reg = cursor.ReadUleb();
        SetRule(row, reg, {Row::kAtCfa, Factored(cursor.ReadUleb())});
        break;
      }
      case 0x06:
        RestoreRule(row, cursor.ReadUleb(), initial);
        break;  // restore_extended
      case 0x07:
        SetRule(row, cursor.ReadUleb(), {Row::kUndefined, 0});
        break;  // undefined
      case 0x08:
        SetRule(row, cursor.ReadUleb(), {Row::kSame, 0});
        break;      // same_value
      case 0x09: {  // register
        uint64_t reg = cursor.ReadUleb();
        cursor.ReadUleb();
        SetRule(row, reg, {Row::kStrange, 0});
        break;
      }
      case 0x0A:  // remember_state
        if (depth == 8) return false;
        remembered[depth++] = row;
        break;
      case 0x0B:  // restore_state
        if (depth == 0) return false;
        row = remembered[--depth];
        break;
      case 0x0C:  // def_cfa
        row.cfa_kind = Row::kRegister;
        row.cfa_register = cursor.ReadUleb();
        row.cfa_offset = static_cast<int64_t>(cursor.ReadUleb());
        break;
      case 0x0D:  // def_cfa_register
        row.cfa_kind = Row::kRegister;
        row.cfa_register = cursor.ReadUleb();
        break;
      case 0x0E:  // def_cfa_offset
        row.cfa_offset = static_cast<int64_t>(cursor.ReadUleb());
        break;
      case 0x0F:
        ReadCfaExpression(cursor, row);
        break;      // def_cfa_expression
      case 0x10: {  // expression
        uint64_t reg = cursor.ReadUleb();
        SetRule(row, reg, ReadRegisterExpression(cursor));
        break;
      }
      case 0x11: {  // offset_extended_sf
        uint64_t reg = cursor.ReadUleb();
        SetRule(row, reg, {Row::kAtCfa, cursor.ReadSleb() * cfi.data_align});
        break;
      }
      case 0x12:  // def_cfa_sf
        row.cfa_kind = Row::kRegister;
        row.cfa_register = cursor.ReadUleb();
        row.cfa_offset = cursor.ReadSleb() * cfi.data_align;
        break;
      case 0x13:
        row.cfa_offset = cursor.ReadSleb() * cfi.data_align;
        break;      // def_cfa_offset_sf
      case 0x16: {  // val_expression
        uint64_t reg = cursor.ReadUleb();
        cursor.Skip(cursor.ReadUleb());
        SetRule(row, reg, {Row::kStrange, 0});
        break;
      }
      case 0x2E:
        cursor.ReadUleb();
        break;  // GNU_args_size
      default:
        return false;
    }
    return true;
  }
};

UnwindRule RuleOf(const Row& row) {
  UnwindRule rule;
  if (row.return_address.kind == Row::kUndefined) {
    rule.kind = UnwindRule::kEnd;
    return rule;
  }
  if (row.return_address.kind != Row::kAtCfa || row.return_address.offset != -8) return {};

  constexpr int64_t kMaxOffset = int64_t{1} << 30;
  int64_t offset = row.cfa_kind == Row::kAtRbp ? -row.cfa_offset : row.cfa_offset;
  if (offset < 0 || offset > kMaxOffset || offset % 8 != 0) return {};
  rule.cfa_offset = static_cast<uint32_t>(offset);

  switch (row.rbp.kind) {
    case Row::kSame:
      rule.rbp_slot = UnwindRule::kRbpUnchanged;
      break;
    case Row::kAtRegister:
      rule.rbp_slot = UnwindRule::kRbpAtRbp;
      break;
    case Row::kAtCfa:
      if (row.rbp.offset >= 0 || row.rbp.offset < -kMaxOffset || row.rbp.offset % 8 != 0) return {};
      rule.rbp_slot = static_cast<uint32_t>(-row.rbp.offset);
      break;
    default:
      return {};
  }
  if (row.cfa_kind == Row::kAtRbp) {
    rule.kind = UnwindRule::kCfaAtRbp;
  } else if (row.cfa_kind == Row::kRegister && row.cfa_register == kRsp) {
    rule.kind = UnwindRule::kCfaFromRsp;
  } else if (row.cfa_kind == Row::kRegister && row.cfa_register == kRbp) {
    rule.kind = UnwindRule::kCfaFromRbp;
  }
  return rule;
}

}  // namespace

UnwindRule ReadUnwindRule(uintptr_t pc, const ModuleView& module) {
  const uint8_t* fde = FindFde(pc, module);
  FunctionCfi cfi;
  if (fde == nullptr || !ParseFde(pc, fde, module, &cfi)) return {};
  if (cfi.signal_frame) {
    UnwindRule rule;
    rule.kind = UnwindRule::kSignalFrame;
    return rule;
  }
  Interpreter interpreter{cfi, pc, cfi.begin, {}, {}, {}};
  interpreter.location = pc;  // the CIE's instructions hold for the whole function
  if (!interpreter.Run(cfi.initial)) return {};
  interpreter.location = cfi.begin;
  interpreter.initial = interpreter.row;
  if (!interpreter.Run(cfi.instructions)) return {};
  return RuleOf(interpreter.row);
}

}  // namespace seep::profiler
