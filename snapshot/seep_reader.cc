#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "snapshot/address_blob.h"
#include "snapshot/builder.h"
#include "snapshot/seep_dictionary.h"
#include "snapshot/seep_file.h"
#include "snapshot/seep_open.h"
#include "snapshot/seep_symbols.h"
#include "snapshot/table_cursor.h"

namespace seep {
namespace {

// From a dictionary's row to this snapshot's id. Row 0, "none", has one: the id that is none.
template <typename AnyId>
class IdMap {
 public:
  explicit IdMap(size_t rows) : ids_(rows) {}

  void Set(uint32_t row, AnyId id) { ids_[row] = id; }
  size_t rows() const { return ids_.size(); }
  AnyId operator[](uint32_t row) const { return ids_[row]; }

  // The next column's id; a row that this snapshot lacks is an error.
  AnyId Read(TableCursor& cursor) const {
    uint32_t row = cursor.Index(ids_.size());
    if (row != 0 && ids_[row].is_none()) cursor.Fail("a row that this snapshot has");
    return ids_[row];
  }

 private:
  std::vector<AnyId> ids_;
};

// The columns of two estimates: NAME_objects, NAME_objects_variance, …, NAME_bytes, …
std::string EstimateColumns(const std::string& name) {
  std::string prefix = name.empty() ? "" : name + "_";
  std::vector<std::string> columns;
  for (const char* what : {"objects", "bytes"}) {
    for (const char* field : {"", "_variance", "_squares", "_samples"}) {
      columns.push_back(absl::StrCat(prefix, what, field));
    }
  }
  return absl::StrJoin(columns, ", ");
}

// Reads one snapshot, table by table; a later table refers to the rows of the earlier ones.
class SnapshotReader {
 public:
  SnapshotReader(Database& database, size_t index) : database_(database), index_(index) {}

  absl::StatusOr<std::shared_ptr<const Snapshot>> Read() && {
    SEEP_RETURN_IF_ERROR(ReadProcess());
    SEEP_RETURN_IF_ERROR(ReadModules());
    SEEP_RETURN_IF_ERROR(ReadStacks());
    SEEP_RETURN_IF_ERROR(ReadClasses());
    SEEP_RETURN_IF_ERROR(ReadLabels());
    SEEP_RETURN_IF_ERROR(ReadBlocks());
    SEEP_RETURN_IF_ERROR(ReadSketches());
    SEEP_RETURN_IF_ERROR(ReadTurnover());
    SEEP_RETURN_IF_ERROR(ReadDeaths());
    SEEP_RETURN_IF_ERROR(ReadHistory());
    SEEP_RETURN_IF_ERROR(ReadAccounting());
    SEEP_RETURN_IF_ERROR(ReadAllocators());
    SEEP_RETURN_IF_ERROR(ReadGrowth());
    SEEP_RETURN_IF_ERROR(ReadEmbedded());
    SEEP_RETURN_IF_ERROR(ReadRemarks());
    absl::StatusOr<std::shared_ptr<const Snapshot>> built = std::move(builder_).Build();
    if (built.ok()) return built;
    // Types and references were checked on the way; what is left to the builder is the values.
    return absl::DataLossError(
        absl::StrCat(database_.path(), ": snapshot ", index_, ": ", built.status().message()));
  }

 private:
  // The rows of `table` that belong to this snapshot. Its first column is the ordinal.
  TableCursor Rows(const std::string& table, const std::string& columns) {
    return TableCursor(database_, table,
                       absl::StrCat("SELECT ordinal, ", columns, " FROM ", table,
                                    " WHERE snapshot = ?1 ORDER BY ordinal"),
                       {static_cast<int64_t>(index_)});
  }

  absl::Status ReadProcess() {
    TableCursor rows(database_, "snapshot",
                     "SELECT boot_id, pid_namespace, pid, start_real_ns, parent_pid, uid,"
                     " executable, build_id, host, captured_by, alive, captured_at_ns,"
                     " sample_interval, initial_interval, bytes_allocated, rss, swap, memory_limit,"
                     " pause_ms"
                     " FROM snapshot JOIN process ON process.id = snapshot.process"
                     " WHERE snapshot.id = ?1",
                     {static_cast<int64_t>(index_)});
    if (!rows.Next()) {
      rows.FailTable(absl::StrCat("expected a row ", index_, " and its process"));
      return rows.status();
    }
    ProcessFacts& p = builder_.process();
    p.boot_id = rows.Text();
    p.pid_namespace = rows.Integer<uint64_t>();
    p.pid = rows.Integer<uint32_t>();
    p.start_real_ns = rows.Integer<int64_t>();
    p.parent_pid = rows.Integer<uint32_t>();
    p.uid = rows.Integer<uint32_t>();
    p.executable = rows.Text();
    p.build_id = rows.Blob();
    p.host = rows.Text();
    p.captured_by = rows.Text();
    p.alive = rows.Flag();
    p.captured_at = rows.Integer<int64_t>();
    p.sample_interval = rows.Integer<uint64_t>();
    p.initial_interval = rows.Integer<uint64_t>();
    p.bytes_allocated = rows.Real();
    p.rss = rows.OptionalInteger();
    p.swap = rows.OptionalInteger();
    p.limit = rows.OptionalInteger();
    p.pause_ms = rows.OptionalReal();
    return rows.status();
  }

  absl::Status ReadModules() {
    SEEP_ASSIGN_OR_RETURN(std::vector<ModuleRow> dictionary, LoadModules(database_));
    modules_ = IdMap<ModuleId>(dictionary.size());
    TableCursor rows =
        Rows("snapshot_module", "module, load_bias, range_begin, range_end, replaced");
    while (rows.Next()) {
      rows.ExpectOrdinal();
      uint32_t row = rows.Index(dictionary.size());
      if (row == 0 || !modules_[row].is_none()) rows.Fail("another row than 0, and none twice");
      Module module;
      module.path = std::move(dictionary[row].path);
      module.build_id = std::move(dictionary[row].build_id);
      module.load_bias = rows.Integer<uint64_t>();
      module.range.begin = Address(rows.Integer<uint64_t>());
      module.range.end = Address(rows.Integer<uint64_t>());
      module.replaced = rows.Flag();
      modules_.Set(row, builder_.AddModule(std::move(module)));
    }
    return rows.status();
  }

  // Only the stacks that this snapshot's tables refer to, and their callers.
  absl::Status ReadStacks() {
    SEEP_ASSIGN_OR_RETURN(std::vector<StackRow> dictionary, LoadStacks(database_, modules_.rows()));
    std::vector<bool> needed(dictionary.size());
    for (const char* table : {"block", "turnover", "deaths", "moment_stack", "heap_growth"}) {
      TableCursor rows = Rows(table, "stack");
      while (rows.Next()) {
        rows.ExpectOrdinal();
        needed[rows.Index(dictionary.size())] = true;
      }
      SEEP_RETURN_IF_ERROR(rows.status());
    }
    for (size_t row = dictionary.size(); row-- > 1;) {
      if (needed[row]) needed[dictionary[row].caller] = true;
    }
    stacks_ = IdMap<StackId>(dictionary.size());
    for (uint32_t row = 1; row < dictionary.size(); ++row) {
      if (!needed[row]) continue;
      const StackRow& stack = dictionary[row];
      ModuleId module = modules_[stack.module];
      if (stack.module != 0 && module.is_none()) return Lacking("stack", row, "module");
      stacks_.Set(row, builder_.stacks().InternNode(
                           {stacks_[stack.caller], {module, stack.offset}, stack.end}));
    }
    return absl::OkStatus();
  }

  absl::Status ReadClasses() {
    SEEP_ASSIGN_OR_RETURN(std::vector<StoredClass> dictionary,
                          LoadClasses(database_, modules_.rows()));
    SEEP_ASSIGN_OR_RETURN(std::vector<uint32_t> members,
                          LoadMembers(database_, "class", dictionary.size(), index_));
    classes_ = IdMap<ClassId>(dictionary.size());
    for (uint32_t row : members) {
      const StoredClass& c = dictionary[row];
      ModuleId module = modules_[c.vtable_module];
      if (c.vtable_module != 0 && module.is_none()) return Lacking("class", row, "module");
      classes_.Set(row, builder_.AddClass({c.mangled, {module, c.vtable_offset}, c.evidence, {}}));
    }
    for (uint32_t row : members) {
      for (const BaseRow& base : dictionary[row].bases) {
        if (classes_[base.base].is_none()) return Lacking("class_base", row, "base");
        builder_.AddBase(classes_[row], {classes_[base.base], base.offset, base.is_virtual});
      }
    }
    return absl::OkStatus();
  }

  absl::Status Lacking(const char* table, uint32_t row, const char* column) const {
    return absl::DataLossError(absl::StrCat(database_.path(), ": table ", table, ", row ", row,
                                            ", column ", column, ": expected one that snapshot ",
                                            index_, " has"));
  }

  absl::Status ReadLabels() {
    SEEP_ASSIGN_OR_RETURN(std::vector<StoredLabel> dictionary, LoadLabels(database_));
    SEEP_ASSIGN_OR_RETURN(std::vector<uint32_t> members,
                          LoadMembers(database_, "label", dictionary.size(), index_));
    labels_ = IdMap<LabelId>(dictionary.size());
    for (uint32_t row : members) {
      StoredLabel& label = dictionary[row];
      LabelId parent = labels_[label.parent];
      if (label.parent != 0 && parent.is_none()) return Lacking("label", row, "parent");
      labels_.Set(row, builder_.AddLabel({std::move(label.key), std::move(label.value), parent}));
    }
    return absl::OkStatus();
  }

  absl::Status ReadBlocks() {
    TableCursor rows =
        Rows("block",
             "address, size, count, objects, probability, class, class_offset, stack, label,"
             " content, birth_ns, thread, serial, split, samples");
    while (rows.Next()) {
      rows.ExpectOrdinal();
      Block b;
      b.address = Address(rows.Integer<uint64_t>());
      b.size = rows.Integer<uint64_t>();
      b.count = rows.Integer<uint64_t>();
      b.objects = rows.Integer<uint64_t>();
      b.probability = rows.Real();
      b.klass = classes_.Read(rows);
      b.class_offset = rows.Integer<uint32_t>();
      b.stack = stacks_.Read(rows);
      b.label = labels_.Read(rows);
      b.content = rows.Enum(Content::kOther);
      std::optional<uint64_t> birth = rows.OptionalInteger();
      b.birth = birth ? static_cast<int64_t>(*birth) : kBirthUnknown;
      b.thread = rows.Integer<uint32_t>();
      b.serial = rows.Integer<uint64_t>();
      b.split = rows.Integer<uint32_t>();
      b.samples = rows.Integer<uint32_t>();
      builder_.AddBlock(b);
    }
    return rows.status();
  }

  absl::Status ReadSketches() {
    TableCursor rows =
        Rows("address_sketch", "class, class_offset, content, objects, size, bound, addresses");
    while (rows.Next()) {
      rows.ExpectOrdinal();
      AddressSketch s;
      s.klass = classes_.Read(rows);
      s.class_offset = rows.Integer<uint32_t>();
      s.content = rows.Enum(Content::kOther);
      s.objects = rows.Integer<uint64_t>();
      s.size = rows.Integer<uint64_t>();
      s.bound = rows.Integer<uint64_t>();
      s.addresses = UnpackAddresses(rows.Blob());
      builder_.AddSketch(std::move(s));
    }
    return rows.status();
  }

  absl::Status ReadTurnover() {
    TableCursor rows =
        Rows("turnover", absl::StrCat("stack, ", EstimateColumns("born"), ", ",
                                      EstimateColumns("died"), ", ", EstimateColumns("unplaced"),
                                      ", last_unplaced_ns, first_birth_ns, largest_size,"
                                      " largest_at_ns, maxima_run"));
    while (rows.Next()) {
      rows.ExpectOrdinal();
      Turnover t;
      t.stack = stacks_.Read(rows);
      t.born_objects = rows.RealEstimate();
      t.born_bytes = rows.RealEstimate();
      t.died_objects = rows.RealEstimate();
      t.died_bytes = rows.RealEstimate();
      t.unplaced_objects = rows.RealEstimate();
      t.unplaced_bytes = rows.RealEstimate();
      t.last_unplaced = rows.Integer<int64_t>();
      t.first_birth = rows.Integer<int64_t>();
      t.largest_size = rows.Integer<uint64_t>();
      t.largest_at = rows.Integer<int64_t>();
      t.maxima_run = rows.Integer<uint32_t>();
      builder_.AddTurnover(t);
    }
    return rows.status();
  }

  absl::Status ReadDeaths() {
    TableCursor rows =
        Rows("deaths", absl::StrCat("stack, class, birth_cohort, death_cohort, age, ",
                                    EstimateColumns(""), ", age_seconds"));
    while (rows.Next()) {
      rows.ExpectOrdinal();
      Deaths d;
      d.stack = stacks_.Read(rows);
      d.klass = classes_.Read(rows);
      d.birth_cohort = rows.Integer<uint8_t>();
      d.death_cohort = rows.Integer<uint8_t>();
      d.age = rows.Integer<uint8_t>();
      d.objects = rows.RealEstimate();
      d.bytes = rows.RealEstimate();
      d.age_seconds = rows.Real();
      builder_.AddDeaths(d);
    }
    return rows.status();
  }

  absl::Status ReadHistory() {
    std::vector<PastMoment> history;
    TableCursor moments =
        Rows("moment", "time_ns, rss, memory_usage, memory_limit, live_objects, live_bytes");
    while (moments.Next()) {
      moments.ExpectOrdinal();
      PastMoment& m = history.emplace_back();
      m.time = moments.Integer<int64_t>();
      m.rss = moments.OptionalInteger();
      m.usage = moments.OptionalInteger();
      m.limit = moments.OptionalInteger();
      m.live_objects = moments.OptionalReal();
      m.live_bytes = moments.OptionalReal();
    }
    SEEP_RETURN_IF_ERROR(moments.status());
    TableCursor shares = Rows("moment_stack", "moment, stack, objects, bytes");
    while (shares.Next()) {
      shares.ExpectOrdinal();
      uint32_t moment = shares.Index(history.size());
      PastMoment::StackShare share;
      share.stack = stacks_.Read(shares);
      share.objects = shares.Real();
      share.bytes = shares.Real();
      if (shares.status().ok()) history[moment].top.push_back(share);
    }
    for (PastMoment& m : history) builder_.AddMoment(std::move(m));
    return shares.status();
  }

  absl::Status ReadAccounting() {
    TableCursor accounting = Rows("accounting", "name, reserved, resident");
    while (accounting.Next()) {
      accounting.ExpectOrdinal();
      AccountingRow row;
      row.row = accounting.Text();
      row.reserved = accounting.OptionalReal();
      row.resident = accounting.OptionalReal();
      builder_.AddAccounting(std::move(row));
    }
    return accounting.status();
  }

  absl::Status ReadAllocators() {
    std::vector<AllocatorRow> allocators;
    TableCursor rows =
        Rows("allocator", "kind, description, module, live_blocks, live_bytes, discrepancy");
    while (rows.Next()) {
      rows.ExpectOrdinal();
      AllocatorRow& row = allocators.emplace_back();
      row.kind = rows.Text();
      row.description = rows.Text();
      row.module = modules_.Read(rows);
      row.live_blocks = rows.Integer<uint64_t>();
      row.live_bytes = rows.Integer<uint64_t>();
      row.discrepancy = rows.Integer<uint64_t>();
    }
    SEEP_RETURN_IF_ERROR(rows.status());
    TableCursor free = Rows("allocator_free", "allocator, place, blocks, bytes");
    while (free.Next()) {
      free.ExpectOrdinal();
      uint32_t allocator = free.Index(allocators.size());
      AllocatorRow::Free row;
      row.where = free.Text();
      row.blocks = free.Integer<uint64_t>();
      row.bytes = free.Integer<uint64_t>();
      if (free.status().ok()) allocators[allocator].free.push_back(std::move(row));
    }
    for (AllocatorRow& row : allocators) builder_.AddAllocator(std::move(row));
    return free.status();
  }

  absl::Status ReadGrowth() {
    TableCursor rows = Rows("heap_growth", "stack, times, bytes");
    while (rows.Next()) {
      rows.ExpectOrdinal();
      GrowthStack growth;
      growth.stack = stacks_.Read(rows);
      growth.times = rows.Integer<uint64_t>();
      growth.bytes = rows.Integer<uint64_t>();
      builder_.AddGrowth(growth);
    }
    return rows.status();
  }

  absl::Status ReadEmbedded() {
    TableCursor rows = Rows("embedded", "class, objects");
    while (rows.Next()) {
      rows.ExpectOrdinal();
      ClassId klass = classes_.Read(rows);
      builder_.AddEmbedded({klass, rows.Integer<uint64_t>()});
    }
    return rows.status();
  }

  absl::Status ReadRemarks() {
    TableCursor dropped = Rows("dropped", "what, count, why");
    while (dropped.Next()) {
      dropped.ExpectOrdinal();
      std::string what = dropped.Text();
      auto count = dropped.Integer<uint64_t>();
      builder_.AddDropped(std::move(what), count, dropped.Text());
    }
    SEEP_RETURN_IF_ERROR(dropped.status());
    TableCursor notices = Rows("notice", "time_ns, text");
    while (notices.Next()) {
      notices.ExpectOrdinal();
      auto time = notices.Integer<int64_t>();
      builder_.AddNotice({time, notices.Text()});
    }
    return notices.status();
  }

  Database& database_;
  const size_t index_;
  SnapshotBuilder builder_;
  IdMap<ModuleId> modules_{0};
  IdMap<StackId> stacks_{0};
  IdMap<ClassId> classes_{0};
  IdMap<LabelId> labels_{0};
};

}  // namespace

absl::StatusOr<SeepFile> SeepFile::Open(const std::string& path) {
  SEEP_ASSIGN_OR_RETURN(Database database, OpenForReading(path));
  SEEP_ASSIGN_OR_RETURN(size_t count, CountSnapshots(database));
  return SeepFile(std::make_unique<Database>(std::move(database)), count);
}

SeepFile::SeepFile(std::unique_ptr<Database> database, size_t snapshot_count)
    : database_(std::move(database)), snapshot_count_(snapshot_count) {}
SeepFile::SeepFile(SeepFile&&) noexcept = default;
SeepFile& SeepFile::operator=(SeepFile&&) noexcept = default;
SeepFile::~SeepFile() = default;

absl::StatusOr<std::shared_ptr<const Snapshot>> SeepFile::ReadSnapshot(size_t index) {
  SEEP_RETURN_IF_ERROR(CheckSnapshotIndex(*database_, index, snapshot_count_));
  SEEP_RETURN_IF_ERROR(database_->LimitWork());
  SEEP_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Begin(*database_, Transaction::Kind::kRead));
  return SnapshotReader(*database_, index).Read();
}

absl::StatusOr<SymbolTable> SeepFile::ReadSymbols(size_t index) {
  SEEP_RETURN_IF_ERROR(CheckSnapshotIndex(*database_, index, snapshot_count_));
  SEEP_RETURN_IF_ERROR(database_->LimitWork());
  SEEP_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Begin(*database_, Transaction::Kind::kRead));
  return LoadSymbols(*database_, index);
}

}  // namespace seep
