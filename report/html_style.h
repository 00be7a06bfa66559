#pragma once

#include <string_view>

namespace seep {

// The page's style sheet: light and dark, wide and narrow, screen and paper.
extern const std::string_view kHtmlStyle;

}  // namespace seep
