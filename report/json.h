// Findings for scripts: the contract of docs/report_json.md, version 1.
#pragma once

#include <optional>
#include <string>

#include "analysis/findings.h"
#include "analysis/growth.h"

namespace seep {

// One JSON object, a row a line, with a newline at its end. Full names; bytes that are no UTF-8
// become U+FFFD. Numbers are plain; what is not known is null, or "" for names. `growth`: since an
// earlier look at the same process.
std::string Json(const Findings& findings, const std::optional<Growth>& growth = std::nullopt);

}  // namespace seep
