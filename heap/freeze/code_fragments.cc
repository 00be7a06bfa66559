#include "heap/freeze/code_fragments.h"

#include <algorithm>
#include <string_view>

namespace seep {
namespace {

using std::literals::string_view_literals::operator""sv;

void Find(std::string_view code, Address start, std::string_view pattern, Address* found) {
  if (*found != Address(0)) return;
  size_t at = code.find(pattern);
  if (at != code.npos) *found = start + at;
}

}  // namespace

absl::StatusOr<CodeFragments> FindCodeFragments(const Memory& memory,
                                                const std::vector<Mapping>& maps) {
  CodeFragments found{Address(0), Address(0), Address(0)};
  std::vector<uint8_t> buffer(256 << 10);
  for (const Mapping& mapping : maps) {
    if (!mapping.executable || !mapping.has_file()) continue;
    // A step back of two bytes, for what lies across the border of two reads.
    for (Address at = mapping.range.begin; at + 2 < mapping.range.end;
         at = at + (buffer.size() - 2)) {
      size_t wanted = std::min<uint64_t>(buffer.size(), mapping.range.end - at);
      size_t got = memory.Read(at, std::span(buffer).first(wanted));
      std::string_view code(reinterpret_cast<const char*>(buffer.data()), got);
      Find(code, at, "\x0f\x05\xc3"sv, &found.system_call);
      Find(code, at, "\x58\xc3"sv, &found.set_rax);
      Find(code, at, "\x5f\xc3"sv, &found.set_rdi);
      if (found.system_call != Address(0) && found.set_rax != Address(0) &&
          found.set_rdi != Address(0)) {
        return found;
      }
    }
  }
  return absl::NotFoundError(
      "the program has no code to make a system call with (syscall; ret) that could be found; "
      "use --consistency stop or none");
}

}  // namespace seep
