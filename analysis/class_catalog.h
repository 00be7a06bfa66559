// Which row of the class tables a block belongs to: what it is called, how that is known, and the
// base classes that it counts under.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "analysis/names.h"
#include "analysis/site_type.h"
#include "analysis/sites.h"
#include "snapshot/symbol_table.h"

namespace seep {

class ClassCatalog {
 public:
  // All three must outlive this.
  ClassCatalog(const Snapshot& snapshot, const SymbolTable& symbols, const Sites& sites);

  // Index into rows(). In order of certainty: the class that was found in the block, else the type
  // that its site names, else kNoClass.
  size_t Of(const Block& block);

  // The row of blocks of which the snapshot says nothing more, such as a sketch of theirs; nothing:
  // no block that Of has seen is in it.
  std::optional<size_t> Find(const Block& like) const;

  // The row for further objects of a class, wherever they are: one that it has already, rather that
  // of whole blocks; else a new one.
  size_t OfEmbedded(ClassId klass);

  // The class of the object that one of this library class holds inside of itself, by make_shared
  // and the like; none: it holds none, or one without a vtable. Such two are one object to a
  // reader.
  ClassId HeldBy(ClassId klass) const;

  // Names, evidence and bases; the numbers are not filled in.
  const std::vector<ClassRow>& rows() const { return rows_; }
  const std::vector<ClassRow>& base_rows() const { return base_rows_; }

  // Indexes into base_rows(): the class itself and each of its transitive bases, each once, however
  // many ways lead there. Empty for kNoClass, which is no class.
  const std::vector<size_t>& RollUp(size_t row) const { return roll_up_[row]; }

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  static Key KeyOf(const ClassRow& row) { return {row.name, row.form, row.evidence, row.module}; }

  // `held`: what its site names.
  ClassRow Identify(const Block& block, const std::optional<HeldType>& held) const;
  bool IsObject(const Block& block) const;
  std::string FormOfBlock(const Block& block) const;
  ClassRow OfFoundClass(ClassId klass) const;
  std::string NameOf(ClassId klass) const;
  std::vector<ClassId> Ancestors(ClassId klass) const;
  size_t Intern(ClassRow row);
  // `unknown` describes the class where the snapshot has none of this name.
  size_t InternBase(const std::string& name, const ClassRow& unknown);

  const Snapshot& snapshot_;
  const SymbolTable& symbols_;
  const Sites& sites_;
  absl::flat_hash_map<std::string, ClassId> by_name_;
  // By what decides: class and place in the block, or holder, content and rounded size; and the
  // site.
  absl::flat_hash_map<std::tuple<ClassId, uint64_t, Content, size_t>, size_t> by_block_;
  absl::flat_hash_map<Key, size_t> by_key_;
  absl::flat_hash_map<std::string, size_t> base_by_name_;
  std::vector<ClassRow> rows_, base_rows_;
  std::vector<std::vector<size_t>> roll_up_;
};

}  // namespace seep
