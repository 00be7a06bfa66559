#include "snapshot/seep_symbols.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "snapshot/seep_dictionary.h"
#include "snapshot/table_cursor.h"

namespace seep {
namespace {

// Frames share names in the file but not in a SymbolTable: a small file could unfold into a large
// table.
constexpr uint64_t kMostText = uint64_t{256} << 20;

// ---- Writing

class NameWriter {
 public:
  static absl::StatusOr<NameWriter> Create(Database& database, std::vector<FunctionRow> functions) {
    SEEP_ASSIGN_OR_RETURN(
        Statement clear,
        Statement::Prepare(database,
                           "DELETE FROM code_frame WHERE module = ?1 AND code_offset = ?2"));
    SEEP_ASSIGN_OR_RETURN(
        Statement code,
        Statement::Prepare(database, "INSERT OR REPLACE INTO code VALUES (?, ?, ?)"));
    SEEP_ASSIGN_OR_RETURN(
        Statement reason,
        Statement::Prepare(database,
                           "INSERT OR REPLACE INTO code SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
                           " (SELECT 1 FROM code_frame WHERE module = ?1 AND code_offset = ?2)"));
    SEEP_ASSIGN_OR_RETURN(Statement frame, Statement::InsertInto(database, "code_frame"));
    SEEP_ASSIGN_OR_RETURN(Statement function, Statement::InsertInto(database, "function"));
    return NameWriter{Interner<FunctionRow>(std::move(functions)),
                      std::move(clear),
                      std::move(code),
                      std::move(reason),
                      std::move(frame),
                      std::move(function)};
  }

  absl::Status Write(uint32_t module, uint64_t offset, const Symbol& symbol) {
    if (symbol.frames.empty()) return reason.Run(module, offset, symbol.missing);
    SEEP_RETURN_IF_ERROR(clear.Run(module, offset));
    SEEP_RETURN_IF_ERROR(code.Run(module, offset, symbol.missing));
    uint32_t depth = 0;
    for (const Frame& f : symbol.frames) {
      auto [id, added] = functions.Intern({f.function, f.file});
      if (added) SEEP_RETURN_IF_ERROR(function.Run(id, f.function, f.file));
      SEEP_RETURN_IF_ERROR(frame.Run(module, offset, depth++, id, f.line, f.inlined));
    }
    return absl::OkStatus();
  }

  Interner<FunctionRow> functions;
  Statement clear, code, reason, frame, function;
};

// In the order of the table's key: B-trees like that, and files come out the same every time.
std::vector<const std::pair<const CodeLocation, Symbol>*> Sorted(const SymbolTable& symbols) {
  std::vector<const std::pair<const CodeLocation, Symbol>*> sorted;
  for (const auto& entry : symbols.code) sorted.push_back(&entry);
  std::ranges::sort(sorted, {}, [](const auto* entry) { return entry->first; });
  return sorted;
}

struct Members {
  std::vector<uint32_t> modules;
  std::vector<uint32_t> classes;
};

absl::StatusOr<Members> MembersOf(Database& database, size_t snapshot) {
  SEEP_ASSIGN_OR_RETURN(size_t module_rows, RowCount(database, "module"));
  SEEP_ASSIGN_OR_RETURN(size_t class_rows, RowCount(database, "class"));
  Members members;
  SEEP_ASSIGN_OR_RETURN(members.modules, LoadMembers(database, "module", module_rows, snapshot));
  SEEP_ASSIGN_OR_RETURN(members.classes, LoadMembers(database, "class", class_rows, snapshot));
  return members;
}

absl::Status StoreCode(NameWriter& writer, const std::vector<uint32_t>& modules,
                       const SymbolTable& symbols) {
  for (const auto* entry : Sorted(symbols)) {
    const auto& [location, symbol] = *entry;
    uint32_t module = 0;
    if (!location.module.is_none()) {
      if (location.module.index() >= modules.size()) {
        return absl::InternalError("symbols: a position in a module that the snapshot lacks");
      }
      module = modules[location.module.index()];
    }
    SEEP_RETURN_IF_ERROR(writer.Write(module, location.offset, symbol));
  }
  return absl::OkStatus();
}

absl::Status StoreClassNames(Database& database, const std::vector<uint32_t>& classes,
                             const SymbolTable& symbols) {
  if (symbols.class_names.size() > classes.size()) {
    return absl::InternalError("symbols: names for more classes than the snapshot has");
  }
  SEEP_ASSIGN_OR_RETURN(
      Statement insert,
      Statement::Prepare(database, "INSERT OR REPLACE INTO class_name VALUES (?, ?)"));
  for (size_t i = 0; i < symbols.class_names.size(); ++i) {
    if (symbols.class_names[i].empty()) continue;
    SEEP_RETURN_IF_ERROR(insert.Run(classes[i], symbols.class_names[i]));
  }
  return absl::OkStatus();
}

// ---- Reading

class SymbolReader {
 public:
  SymbolReader(Database& database, const std::vector<FunctionRow>& functions)
      : database_(database), functions_(functions) {}

  // `row` is the module's in the file, `id` in the snapshot.
  absl::Status Read(uint32_t row, ModuleId id) {
    SEEP_RETURN_IF_ERROR(ReadCode(row, id));
    return ReadFrames(row, id);
  }

  SymbolTable Take() && { return std::move(symbols_); }

 private:
  absl::Status ReadCode(uint32_t row, ModuleId id) {
    TableCursor rows(database_, "code",
                     "SELECT code_offset, missing FROM code WHERE module = ?1 ORDER BY code_offset",
                     {row});
    while (rows.Next()) {
      auto offset = rows.Integer<uint64_t>();
      auto [it, added] = symbols_.code.try_emplace({id, offset});
      if (!added) rows.Fail("every position once");
      it->second.missing = rows.Text();
    }
    return rows.status();
  }

  absl::Status ReadFrames(uint32_t row, ModuleId id) {
    TableCursor rows(database_, "code_frame",
                     "SELECT code_offset, depth, function, line, inlined FROM code_frame"
                     " WHERE module = ?1 ORDER BY code_offset, depth",
                     {row});
    while (rows.Next()) {
      auto it = symbols_.code.find({id, rows.Integer<uint64_t>()});
      if (it == symbols_.code.end()) {
        rows.Fail("a position that is in table code");
        break;
      }
      std::vector<Frame>& frames = it->second.frames;
      rows.Expect(frames.size());
      const FunctionRow& function = functions_[rows.Index(functions_.size())];
      text_ += function.name.size() + function.file.size();
      if (text_ > kMostText) rows.FailTable("its names add up to more than 256 MiB");
      auto line = rows.Integer<uint32_t>();
      frames.push_back({function.name, function.file, line, rows.Flag()});
    }
    return rows.status();
  }

  Database& database_;
  const std::vector<FunctionRow>& functions_;
  uint64_t text_ = 0;
  SymbolTable symbols_;
};

absl::StatusOr<std::vector<std::string>> LoadClassNames(Database& database,
                                                        const std::vector<uint32_t>& classes) {
  std::vector<std::string> names;
  for (uint32_t id : classes) {
    TableCursor rows(database, "class_name", "SELECT name FROM class_name WHERE class = ?1", {id});
    names.push_back(rows.Next() ? rows.Text() : "");
    SEEP_RETURN_IF_ERROR(rows.status());
  }
  return names;
}

}  // namespace

absl::Status StoreSymbols(Database& database, size_t snapshot, const SymbolTable& symbols) {
  SEEP_RETURN_IF_ERROR(database.LimitWork());
  SEEP_ASSIGN_OR_RETURN(Members members, MembersOf(database, snapshot));
  SEEP_ASSIGN_OR_RETURN(std::vector<FunctionRow> functions, LoadFunctions(database));
  database.LiftLimit();
  SEEP_ASSIGN_OR_RETURN(NameWriter writer, NameWriter::Create(database, std::move(functions)));
  SEEP_RETURN_IF_ERROR(StoreCode(writer, members.modules, symbols));
  return StoreClassNames(database, members.classes, symbols);
}

absl::StatusOr<SymbolTable> LoadSymbols(Database& database, size_t snapshot) {
  SEEP_ASSIGN_OR_RETURN(Members members, MembersOf(database, snapshot));
  SEEP_ASSIGN_OR_RETURN(std::vector<FunctionRow> functions, LoadFunctions(database));
  SymbolReader reader(database, functions);
  SEEP_RETURN_IF_ERROR(reader.Read(0, ModuleId()));
  for (size_t i = 0; i < members.modules.size(); ++i) {
    SEEP_RETURN_IF_ERROR(reader.Read(members.modules[i], ModuleId(i)));
  }
  SymbolTable symbols = std::move(reader).Take();
  SEEP_ASSIGN_OR_RETURN(symbols.class_names, LoadClassNames(database, members.classes));
  return symbols;
}

}  // namespace seep
