// Which classes a person means by a pattern.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace seep {

// RE2, because names come from strangers: its time is linear in the name's length, that of
// std::regex exponential, and its stack grows with the name.
class ClassSelector {
 public:
  // INVALID_ARGUMENT: what is wrong with the expression.
  static absl::StatusOr<ClassSelector> Make(std::string_view pattern);

  // Whether the expression matches anywhere in the full name, or stands in it letter by letter: so
  // that "Closure<void, Env*>" can be copied from a report as it is.
  bool Matches(std::string_view name) const;

 private:
  ClassSelector(std::string pattern, std::shared_ptr<const re2::RE2> expression);

  std::string pattern_;
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace seep
