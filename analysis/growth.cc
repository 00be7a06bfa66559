#include "analysis/growth.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

namespace seep {
namespace {

using Key = std::tuple<std::string, std::string, std::string>;  // name, form, module

std::map<Key, const ClassRow*> ByKey(const Findings& findings) {
  std::map<Key, const ClassRow*> rows;
  for (const ClassRow& row : findings.classes) rows[{row.name, row.form, row.module}] = &row;
  return rows;
}

ClassGrowth Between(const ClassRow* earlier, const ClassRow* later, double seconds) {
  const ClassRow& named = later != nullptr ? *later : *earlier;
  Quantity before = earlier != nullptr ? earlier->live : Quantity{};
  ClassGrowth growth{.name = named.name,
                     .short_name = named.short_name,
                     .form = named.form,
                     .now = later != nullptr ? later->live : Quantity{},
                     .survival = {}};
  growth.objects = growth.now.objects.value - before.objects.value;
  growth.bytes = growth.now.bytes.value - before.bytes.value;
  if (earlier != nullptr && earlier->addresses) {
    bool both = later != nullptr && later->addresses;
    growth.survival = SurvivalOf(*earlier->addresses, both ? *later->addresses : AddressSample());
  }
  growth.objects_per_s = growth.objects / seconds;
  growth.bytes_per_s = growth.bytes / seconds;
  return growth;
}

// What kills is the use of the limit; RSS is the part of it that we know.
void Extrapolate(const ProcessFacts& before, const ProcessFacts& now, Growth& growth) {
  if (!before.rss || !now.rss) return;
  growth.rss_bytes_per_s =
      (static_cast<double>(*now.rss) - static_cast<double>(*before.rss)) / growth.seconds;
  if (!now.limit || *growth.rss_bytes_per_s <= 0) return;
  double left = std::max(0.0, static_cast<double>(*now.limit) - static_cast<double>(*now.rss));
  growth.seconds_to_limit = left / *growth.rss_bytes_per_s;
}

}  // namespace

Growth GrowthBetween(const Findings& earlier, const Findings& later) {
  Growth growth;
  growth.seconds = std::max(later.observation_s - earlier.observation_s, 1e-3);
  growth.objects = later.live.objects.value - earlier.live.objects.value;
  growth.bytes = later.live.bytes.value - earlier.live.bytes.value;
  growth.bytes_per_s = growth.bytes / growth.seconds;
  Extrapolate(earlier.process, later.process, growth);

  std::map<Key, const ClassRow*> before = ByKey(earlier), now = ByKey(later);
  auto find = [](const std::map<Key, const ClassRow*>& rows, const Key& key) {
    auto row = rows.find(key);
    return row == rows.end() ? nullptr : row->second;
  };
  for (const auto& [key, row] : now) {
    growth.classes.push_back(Between(find(before, key), row, growth.seconds));
  }
  for (const auto& [key, row] : before) {
    if (!now.contains(key)) growth.classes.push_back(Between(row, nullptr, growth.seconds));
  }
  std::erase_if(growth.classes,
                [](const ClassGrowth& c) { return c.objects == 0 && c.bytes == 0; });
  std::stable_sort(growth.classes.begin(), growth.classes.end(),
                   [](const ClassGrowth& a, const ClassGrowth& b) {
                     return std::abs(a.bytes) > std::abs(b.bytes);
                   });
  return growth;
}

}  // namespace seep
