// Call stacks as readers see them: frames with names, and one site for all stacks that look alike.
#pragma once

#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "analysis/findings.h"
#include "analysis/names.h"
#include "snapshot/symbol_table.h"

namespace seep {

class Sites {
 public:
  // Names every stack that has live blocks or a past, or made a heap grow. `snapshot` must outlive
  // this.
  Sites(const Snapshot& snapshot, const SymbolTable& symbols, const Shorten& shorten);

  // Index into rows() of the site of this stack, which may be none.
  size_t Of(StackId stack) const { return by_stack_.at(stack); }

  // Frames, end and headline; the numbers are not filled in. Some have no live block.
  const std::vector<SiteRow>& rows() const { return rows_; }

  // What was born and died at each site, over all of its stacks. Nothing where the snapshot keeps
  // no past of any of them.
  std::vector<std::optional<SiteTurnover>> Turnovers() const;

 private:
  const Snapshot& snapshot_;
  std::vector<SiteRow> rows_;
  absl::flat_hash_map<StackId, size_t> by_stack_;
};

SiteTurnover TurnoverOf(const Turnover& stack);
void Add(const SiteTurnover& part, std::optional<SiteTurnover>& sum);

// Frames that nothing names, one entry a reason; counts are frames of distinct sites.
std::vector<Dropped> UnnamedFrames(const std::vector<SiteRow>& sites);

}  // namespace seep
