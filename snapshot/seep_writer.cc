#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "snapshot/address_blob.h"
#include "snapshot/class_order.h"
#include "snapshot/fingerprint.h"
#include "snapshot/seep_dictionary.h"
#include "snapshot/seep_file.h"
#include "snapshot/seep_open.h"
#include "snapshot/seep_symbols.h"
#include "snapshot/table_cursor.h"

namespace seep {
namespace {

// What is in the file already: the row after the last snapshot, and the dictionaries.
struct Stored {
  size_t snapshots = 0;
  size_t processes = 0;
  size_t process = 0;  // the row of this snapshot's process, or `processes`
  std::vector<ModuleRow> modules;
  std::vector<StoredClass> classes;
  std::vector<StoredLabel> labels;
  std::vector<StackRow> stacks;
};

// The kernel counts a process's start from the boot of the machine; as real time it moves with the
// clock's corrections. Nobody gets the same pid again within two seconds.
bool IsSameStart(int64_t a_ns, int64_t b_ns) {
  constexpr uint64_t kNear = 2'000'000'000;
  return (a_ns < b_ns ? static_cast<uint64_t>(b_ns) - static_cast<uint64_t>(a_ns)
                      : static_cast<uint64_t>(a_ns) - static_cast<uint64_t>(b_ns)) <= kNear;
}

absl::Status FindProcess(Database& database, const ProcessFacts& process, Stored& stored) {
  TableCursor rows(
      database, "process",
      "SELECT id, boot_id, pid_namespace, pid, start_real_ns FROM process ORDER BY id");
  bool found = false;
  while (rows.Next()) {
    rows.ExpectOrdinal();
    bool same = rows.Text() == process.boot_id;
    same &= rows.Integer<uint64_t>() == process.pid_namespace;
    same &= rows.Integer<uint32_t>() == process.pid;
    same &= IsSameStart(rows.Integer<int64_t>(), process.start_real_ns);
    if (same && !found) stored.process = rows.rows() - 1;
    found |= same;
  }
  stored.processes = rows.rows();
  if (!found) stored.process = stored.processes;
  return rows.status();
}

absl::StatusOr<Stored> LoadStored(Database& database, const ProcessFacts& process) {
  Stored stored;
  SEEP_RETURN_IF_ERROR(database.LimitWork());
  SEEP_ASSIGN_OR_RETURN(stored.snapshots, CountSnapshots(database));
  SEEP_RETURN_IF_ERROR(FindProcess(database, process, stored));
  SEEP_ASSIGN_OR_RETURN(stored.modules, LoadModules(database));
  SEEP_ASSIGN_OR_RETURN(stored.classes, LoadClasses(database, stored.modules.size()));
  SEEP_ASSIGN_OR_RETURN(stored.labels, LoadLabels(database));
  SEEP_ASSIGN_OR_RETURN(stored.stacks, LoadStacks(database, stored.modules.size()));
  database.LiftLimit();
  return stored;
}

std::optional<int64_t> BirthOf(const Block& block) {
  if (block.birth == kBirthUnknown) return std::nullopt;
  return block.birth;
}

// Writes one snapshot, table by table; a later table refers to the rows of the earlier ones.
class SnapshotWriter {
 public:
  SnapshotWriter(Database& database, const Snapshot& snapshot, size_t id)
      : database_(database), snapshot_(snapshot), id_(id) {}

  absl::Status Write(Stored stored) {
    SEEP_RETURN_IF_ERROR(WriteProcess(stored));
    SEEP_RETURN_IF_ERROR(WriteModules(Interner(std::move(stored.modules))));
    SEEP_RETURN_IF_ERROR(WriteStacks(Interner(std::move(stored.stacks))));
    SEEP_RETURN_IF_ERROR(WriteClasses(Interner(std::move(stored.classes))));
    SEEP_RETURN_IF_ERROR(WriteLabels(Interner(std::move(stored.labels))));
    SEEP_RETURN_IF_ERROR(WriteBlocks());
    SEEP_RETURN_IF_ERROR(WriteSketches());
    SEEP_RETURN_IF_ERROR(WriteTurnover());
    SEEP_RETURN_IF_ERROR(WriteHistory());
    SEEP_RETURN_IF_ERROR(WriteAccounting());
    return WriteRemarks();
  }

 private:
  absl::Status WriteProcess(const Stored& stored) {
    const ProcessFacts& p = snapshot_.process;
    if (stored.process == stored.processes) {
      SEEP_ASSIGN_OR_RETURN(Statement process, Statement::InsertInto(database_, "process"));
      SEEP_RETURN_IF_ERROR(
          process.Run(stored.process, p.boot_id, p.pid_namespace, p.pid, p.start_real_ns));
    }
    SEEP_ASSIGN_OR_RETURN(Statement facts, Statement::InsertInto(database_, "snapshot"));
    return facts.Run(id_, stored.process, p.parent_pid, p.uid, p.executable, p.build_id, p.host,
                     p.captured_by, p.alive, p.captured_at, p.sample_interval, p.initial_interval,
                     p.bytes_allocated, p.rss, p.swap, p.limit, p.pause_ms);
  }

  absl::Status WriteModules(Interner<ModuleRow> interner) {
    SEEP_ASSIGN_OR_RETURN(Statement insert, Statement::InsertInto(database_, "module"));
    SEEP_ASSIGN_OR_RETURN(Statement load, Statement::InsertInto(database_, "snapshot_module"));
    for (const Module& m : snapshot_.modules) {
      ModuleRow row{m.build_id, m.path, m.range.size(), 0};
      interner.Number(row);
      auto [id, added] = interner.Intern(row);
      if (added) {
        SEEP_RETURN_IF_ERROR(insert.Run(id, row.build_id, row.path, row.size, row.copy));
      }
      SEEP_RETURN_IF_ERROR(load.Run(id_, modules_.size(), id, m.load_bias, m.range.begin.value(),
                                    m.range.end.value(), m.replaced));
      modules_.push_back(id);
    }
    return absl::OkStatus();
  }

  absl::Status WriteStacks(Interner<StackRow> interner) {
    SEEP_ASSIGN_OR_RETURN(Statement insert, Statement::InsertInto(database_, "stack"));
    const StackTree& stacks = snapshot_.stacks;
    std::vector<Fingerprint> fingerprints = SiteFingerprints(stacks, snapshot_.modules);
    for (size_t i = 0; i < stacks.size(); ++i) {
      const StackTree::Node& node = stacks.node(StackId(i));
      StackRow row{RowOf(node.parent, stacks_), RowOf(node.location.module, modules_),
                   node.location.offset, node.end};
      auto [id, added] = interner.Intern(row);
      if (added) {
        SEEP_RETURN_IF_ERROR(insert.Run(id, fingerprints[i], kFingerprintVersion, row.caller,
                                        row.module, row.offset, row.end));
      }
      stacks_.push_back(id);
    }
    return absl::OkStatus();
  }

  absl::Status WriteClasses(Interner<StoredClass> interner) {
    SEEP_ASSIGN_OR_RETURN(Statement insert, Statement::InsertInto(database_, "class"));
    SEEP_ASSIGN_OR_RETURN(Statement insert_base, Statement::InsertInto(database_, "class_base"));
    classes_.resize(snapshot_.classes.size());
    for (ClassId class_id : BasesFirst(snapshot_.classes)) {
      const Class& klass = snapshot_.classes[class_id.index()];
      StoredClass row = RowOfClass(klass);
      interner.Number(row);
      auto [id, added] = interner.Intern(row);
      classes_[class_id.index()] = id;
      if (!added) continue;
      SEEP_RETURN_IF_ERROR(insert.Run(id, ClassFingerprint(klass, snapshot_.modules),
                                      kFingerprintVersion, row.mangled, row.vtable_module,
                                      row.vtable_offset, row.evidence, row.copy));
      size_t ordinal = 0;
      for (const BaseRow& b : row.bases) {
        SEEP_RETURN_IF_ERROR(insert_base.Run(id, ordinal++, b.base, b.offset, b.is_virtual));
      }
    }
    return WriteMembers("snapshot_class", classes_);
  }

  StoredClass RowOfClass(const Class& klass) const {
    StoredClass row;
    row.mangled = klass.mangled;
    row.vtable_module = RowOf(klass.vtable.module, modules_);
    row.vtable_offset = klass.vtable.offset;
    row.evidence = klass.evidence;
    for (const BaseClass& base : klass.bases) {
      row.bases.push_back({RowOf(base.base, classes_), base.offset, base.is_virtual});
    }
    return row;
  }

  absl::Status WriteLabels(Interner<StoredLabel> interner) {
    SEEP_ASSIGN_OR_RETURN(Statement insert, Statement::InsertInto(database_, "label"));
    for (const Label& label : snapshot_.labels) {
      StoredLabel row{RowOf(label.parent, labels_), label.key, label.value, 0};
      interner.Number(row);
      auto [id, added] = interner.Intern(row);
      if (added) {
        SEEP_RETURN_IF_ERROR(insert.Run(id, row.parent, row.key, row.value, row.copy));
      }
      labels_.push_back(id);
    }
    return WriteMembers("snapshot_label", labels_);
  }

  absl::Status WriteBlocks() {
    SEEP_ASSIGN_OR_RETURN(Statement insert, Statement::InsertInto(database_, "block"));
    size_t ordinal = 0;
    for (const Block& b : snapshot_.blocks) {
      SEEP_RETURN_IF_ERROR(insert.Run(id_, ordinal++, b.address.value(), b.size, b.count, b.objects,
                                      b.probability, RowOf(b.klass, classes_), b.class_offset,
                                      RowOf(b.stack, stacks_), RowOf(b.label, labels_), b.content,
                                      BirthOf(b), b.thread, b.serial, b.split, b.samples));
    }
    return absl::OkStatus();
  }

  absl::Status WriteSketches() {
    SEEP_ASSIGN_OR_RETURN(Statement insert, Statement::InsertInto(database_, "address_sketch"));
    size_t ordinal = 0;
    for (const AddressSketch& s : snapshot_.sketches) {
      SEEP_RETURN_IF_ERROR(insert.Run(id_, ordinal++, RowOf(s.klass, classes_), s.class_offset,
                                      s.content, s.objects, s.size, s.bound,
                                      PackAddresses(s.addresses)));
    }
    return absl::OkStatus();
  }

  absl::Status WriteTurnover() {
    SEEP_ASSIGN_OR_RETURN(Statement turnover, Statement::InsertInto(database_, "turnover"));
    size_t ordinal = 0;
    for (const Turnover& t : snapshot_.turnover) {
      SEEP_RETURN_IF_ERROR(turnover.Run(id_, ordinal++, RowOf(t.stack, stacks_), t.born_objects,
                                        t.born_bytes, t.died_objects, t.died_bytes,
                                        t.unplaced_objects, t.unplaced_bytes, t.last_unplaced,
                                        t.first_birth, t.largest_size, t.largest_at, t.maxima_run));
    }
    SEEP_ASSIGN_OR_RETURN(Statement deaths, Statement::InsertInto(database_, "deaths"));
    ordinal = 0;
    for (const Deaths& d : snapshot_.deaths) {
      SEEP_RETURN_IF_ERROR(deaths.Run(id_, ordinal++, RowOf(d.stack, stacks_),
                                      RowOf(d.klass, classes_), d.birth_cohort, d.death_cohort,
                                      d.age, d.objects, d.bytes, d.age_seconds));
    }
    return absl::OkStatus();
  }

  absl::Status WriteHistory() {
    SEEP_ASSIGN_OR_RETURN(Statement moment, Statement::InsertInto(database_, "moment"));
    SEEP_ASSIGN_OR_RETURN(Statement share, Statement::InsertInto(database_, "moment_stack"));
    size_t ordinal = 0;
    size_t share_ordinal = 0;
    for (const PastMoment& m : snapshot_.history) {
      SEEP_RETURN_IF_ERROR(
          moment.Run(id_, ordinal, m.time, m.rss, m.usage, m.limit, m.live_objects, m.live_bytes));
      for (const PastMoment::StackShare& s : m.top) {
        SEEP_RETURN_IF_ERROR(
            share.Run(id_, share_ordinal++, ordinal, RowOf(s.stack, stacks_), s.objects, s.bytes));
      }
      ++ordinal;
    }
    return absl::OkStatus();
  }

  absl::Status WriteAccounting() {
    SEEP_ASSIGN_OR_RETURN(Statement accounting, Statement::InsertInto(database_, "accounting"));
    size_t ordinal = 0;
    for (const AccountingRow& a : snapshot_.accounting) {
      SEEP_RETURN_IF_ERROR(accounting.Run(id_, ordinal++, a.row, a.reserved, a.resident));
    }
    SEEP_ASSIGN_OR_RETURN(Statement allocator, Statement::InsertInto(database_, "allocator"));
    SEEP_ASSIGN_OR_RETURN(Statement free, Statement::InsertInto(database_, "allocator_free"));
    ordinal = 0;
    size_t free_ordinal = 0;
    for (const AllocatorRow& a : snapshot_.allocators) {
      SEEP_RETURN_IF_ERROR(allocator.Run(id_, ordinal, a.kind, a.description,
                                         RowOf(a.module, modules_), a.live_blocks, a.live_bytes,
                                         a.discrepancy));
      for (const AllocatorRow::Free& f : a.free) {
        SEEP_RETURN_IF_ERROR(free.Run(id_, free_ordinal++, ordinal, f.where, f.blocks, f.bytes));
      }
      ++ordinal;
    }
    SEEP_ASSIGN_OR_RETURN(Statement growth, Statement::InsertInto(database_, "heap_growth"));
    ordinal = 0;
    for (const GrowthStack& g : snapshot_.growth) {
      SEEP_RETURN_IF_ERROR(growth.Run(id_, ordinal++, RowOf(g.stack, stacks_), g.times, g.bytes));
    }
    SEEP_ASSIGN_OR_RETURN(Statement embedded, Statement::InsertInto(database_, "embedded"));
    ordinal = 0;
    for (const EmbeddedObjects& e : snapshot_.embedded) {
      SEEP_RETURN_IF_ERROR(embedded.Run(id_, ordinal++, RowOf(e.klass, classes_), e.count));
    }
    return absl::OkStatus();
  }

  absl::Status WriteRemarks() {
    size_t ordinal = 0;
    SEEP_ASSIGN_OR_RETURN(Statement dropped, Statement::InsertInto(database_, "dropped"));
    for (const Dropped& d : snapshot_.dropped) {
      SEEP_RETURN_IF_ERROR(dropped.Run(id_, ordinal++, d.what, d.count, d.why));
    }
    SEEP_ASSIGN_OR_RETURN(Statement notice, Statement::InsertInto(database_, "notice"));
    ordinal = 0;
    for (const Notice& n : snapshot_.notices) {
      SEEP_RETURN_IF_ERROR(notice.Run(id_, ordinal++, n.time, n.text));
    }
    return absl::OkStatus();
  }

  absl::Status WriteMembers(const std::string& table, const std::vector<uint32_t>& rows) {
    SEEP_ASSIGN_OR_RETURN(Statement insert, Statement::InsertInto(database_, table));
    size_t ordinal = 0;
    for (uint32_t row : rows) SEEP_RETURN_IF_ERROR(insert.Run(id_, ordinal++, row));
    return absl::OkStatus();
  }

  template <typename Tag>
  static uint32_t RowOf(Id<Tag> id, const std::vector<uint32_t>& rows) {
    return id.is_none() ? 0 : rows[id.index()];
  }

  Database& database_;
  const Snapshot& snapshot_;
  const size_t id_;
  std::vector<uint32_t> modules_, stacks_, classes_, labels_;  // rows in the file, by our ids
};

}  // namespace

absl::Status AppendSnapshot(const std::string& path, const Snapshot& snapshot,
                            const SymbolTable& symbols) {
  SEEP_ASSIGN_OR_RETURN(Database database, OpenOrCreate(path));
  SEEP_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Begin(database, Transaction::Kind::kWrite));
  SEEP_ASSIGN_OR_RETURN(Stored stored, LoadStored(database, snapshot.process));
  size_t id = stored.snapshots;
  SEEP_RETURN_IF_ERROR(SnapshotWriter(database, snapshot, id).Write(std::move(stored)));
  SEEP_RETURN_IF_ERROR(StoreSymbols(database, id, symbols));
  return transaction.Commit();
}

absl::Status WriteSymbols(const std::string& path, size_t index, const SymbolTable& symbols) {
  SEEP_ASSIGN_OR_RETURN(Database database, OpenForWriting(path));
  SEEP_ASSIGN_OR_RETURN(Transaction transaction,
                        Transaction::Begin(database, Transaction::Kind::kWrite));
  SEEP_RETURN_IF_ERROR(database.LimitWork());
  SEEP_ASSIGN_OR_RETURN(size_t count, CountSnapshots(database));
  SEEP_RETURN_IF_ERROR(CheckSnapshotIndex(database, index, count));
  SEEP_RETURN_IF_ERROR(StoreSymbols(database, index, symbols));
  return transaction.Commit();
}

}  // namespace seep
