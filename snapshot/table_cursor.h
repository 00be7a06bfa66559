// Reads the rows of a table that may hold anything. Every column is checked against the type and
// range that is asked for; the first surprise ends the reading and becomes an error that names
// file, table, row, column and what was expected:
//
//   TableCursor rows(database, "notice", "SELECT ordinal, time_ns, text FROM notice ORDER BY 1");
//   while (rows.Next()) {
//     rows.ExpectOrdinal();
//     notices.push_back({rows.Integer<int64_t>(), rows.Text()});   // columns in their order
//   }
//   if (!rows.status().ok()) …                                     // never use the rows before
//   this
//
// After a surprise the getters answer zero, so that loops need no check of their own.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "base/estimate.h"
#include "snapshot/sqlite.h"

namespace seep {

class TableCursor {
 public:
  // `parameters` are ?1, ?2, … of `sql`.
  TableCursor(Database& database, std::string table, const std::string& sql,
              std::initializer_list<int64_t> parameters = {});

  bool Next();  // false at the end, and after the first error
  const absl::Status& status() const { return status_; }
  uint64_t rows() const { return rows_; }  // seen so far, this one included

  // The number of rows before this one. A row that is met twice cannot have it.
  void ExpectOrdinal() { Expect(rows_ - 1); }
  void Expect(uint64_t value);

  // As Statement stores them: a uint64_t is the int64_t with the same bits.
  template <typename T>
  T Integer() {
    if constexpr (std::is_same_v<T, uint64_t>) {
      return static_cast<uint64_t>(
          IntegerBetween(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()));
    } else {
      return static_cast<T>(
          IntegerBetween(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    }
  }
  template <typename T>
  T Enum(T last) {
    return static_cast<T>(IntegerBetween(0, static_cast<int64_t>(last)));
  }
  bool Flag() { return IntegerBetween(0, 1) == 1; }
  uint32_t Index(size_t size);  // below `size`, which is at least 1
  double Real();
  Estimate RealEstimate();
  std::string Text();
  std::vector<uint8_t> Blob();
  std::optional<uint64_t> OptionalInteger();
  std::optional<double> OptionalReal();

  // What the last column read should have been, where only the caller can tell.
  void Fail(std::string_view expected);
  void FailTable(std::string_view what);  // where no column is at fault

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  int64_t IntegerBetween(int64_t first, int64_t last);
  bool NextIs(int type, std::string_view expected);  // and moves on to it
  bool NextIsNull();
  std::string_view Bytes();
  bool CheckCode(int code);

  Database* database_;
  std::string table_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  absl::Status status_;
  uint64_t rows_ = 0;
  int column_ = -1;
};

}  // namespace seep
