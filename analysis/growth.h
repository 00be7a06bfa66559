// What grew between two looks at one process.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/findings.h"

namespace seep {

struct ClassGrowth {
  std::string name, short_name, form;
  double objects = 0, bytes = 0;  // later minus earlier
  double objects_per_s = 0, bytes_per_s = 0;
  Quantity now;
  std::optional<Survival> survival;  // of the earlier blocks; none: not known
};

struct Growth {
  double seconds = 0;                // between the two
  std::vector<ClassGrowth> classes;  // that have changed, and blocks without a class; by |bytes|
  double objects = 0, bytes = 0;     // of the whole live heap
  double bytes_per_s = 0;
  std::optional<double> rss_bytes_per_s;
  // At that rate; none: no limit is known, or the process does not grow.
  std::optional<double> seconds_to_limit;
};

// Classes are matched by name and form: two looks number them differently. `later` must be later.
Growth GrowthBetween(const Findings& earlier, const Findings& later);

}  // namespace seep
