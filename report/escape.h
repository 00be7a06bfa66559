// Names come from strangers' binaries and requests. In a report they are text and nothing else:
// they steer no terminal, close no tag and turn no line around.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace seep {

// Valid UTF-8 in which every character is seen: a control character becomes "\x1b", one that hides
// or reverses others (zero width, bidirectional) "\u{202e}", a byte that is no UTF-8 "\xff". All
// else, quotes and "</script>" included, stands as it is.
std::string Visible(std::string_view hostile);

// Visible, and safe as HTML text and in a quoted attribute: the only way names get into a page.
std::string HtmlText(std::string_view hostile);

// Characters of valid UTF-8, taken as one column each.
size_t Width(std::string_view visible);

// At most `width` columns: beyond, the middle gives way to "…", as both ends of a C++ name tell.
std::string Elide(std::string_view visible, size_t width);

}  // namespace seep
