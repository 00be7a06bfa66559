#include "heap/instances/class_selector.h"

#include <re2/re2.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace seep {

ClassSelector::ClassSelector(std::string pattern, std::shared_ptr<const re2::RE2> expression)
    : pattern_(std::move(pattern)), expression_(std::move(expression)) {}

absl::StatusOr<ClassSelector> ClassSelector::Make(std::string_view pattern) {
  if (pattern.empty()) return absl::InvalidArgumentError("--class: the expression is empty");
  // Names are bytes: not all are UTF-8.
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  std::string text(pattern);
  auto expression = std::make_shared<const RE2>(text, options);
  if (!expression->ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--class: not a regular expression: ", text, ": ", expression->error()));
  }
  return ClassSelector(std::move(text), std::move(expression));
}

bool ClassSelector::Matches(std::string_view name) const {
  return name.find(pattern_) != name.npos ||
         RE2::PartialMatch(re2::StringPiece(name.data(), name.size()), *expression_);
}

}  // namespace seep
