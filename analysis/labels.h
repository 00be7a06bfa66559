// Which label rows a block counts under: for each key, the value of its innermost scope.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "snapshot/snapshot.h"

namespace seep {

class Labels {
 public:
  explicit Labels(const Snapshot& snapshot);

  // Indexes into pairs(), one for each key in the scope; empty for no label.
  const std::vector<size_t>& Of(LabelId label) const {
    return label.is_none() ? none_ : rows_[label.index()];
  }

  // Distinct (key, value) pairs.
  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
  std::vector<std::vector<size_t>> rows_;  // by LabelId
  std::vector<size_t> none_;
};

}  // namespace seep
