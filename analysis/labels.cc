#include "analysis/labels.h"

#include "absl/container/flat_hash_set.h"

namespace seep {

Labels::Labels(const Snapshot& snapshot) {
  absl::flat_hash_map<std::pair<std::string, std::string>, size_t> known;
  rows_.resize(snapshot.labels.size());
  for (size_t i = 0; i < snapshot.labels.size(); ++i) {
    absl::flat_hash_set<std::string> keys;
    for (LabelId id(i); !id.is_none();) {
      const Label& label = snapshot.labels[id.index()];
      if (keys.insert(label.key).second) {
        auto [it, fresh] = known.try_emplace({label.key, label.value}, pairs_.size());
        if (fresh) pairs_.push_back({label.key, label.value});
        rows_[i].push_back(it->second);
      }
      id = label.parent;
    }
  }
}

}  // namespace seep
