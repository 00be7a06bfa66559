#include "heap/proc_maps.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "heap/read_refusal.h"

namespace seep {
namespace {

// A million mappings of 200 characters.
constexpr uint64_t kMaxMapsBytes = uint64_t{200} << 20;

// Takes fields off the front of a line.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}

  bool Number(int base, uint64_t* value) {
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), *value, base);
    if (error != std::errc()) return false;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return true;
  }
  bool Literal(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool Text(size_t length, std::string_view* text) {
    if (rest_.size() < length) return false;
    *text = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return true;
  }
  std::string_view RestWithoutPadding() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    return rest_;
  }

 private:
  std::string_view rest_;
};

// "55d0c0a00000-55d0c0a21000 r-xp 00002000 fd:01 1234   /usr/bin/x (deleted)"
std::optional<Mapping> ParseLine(std::string_view line) {
  Fields fields(line);
  uint64_t begin;
  uint64_t end;
  uint64_t major;
  uint64_t minor;
  std::string_view permissions;
  Mapping mapping;
  bool ok = fields.Number(16, &begin) && fields.Literal('-') && fields.Number(16, &end) &&
            fields.Literal(' ') && fields.Text(4, &permissions) && fields.Literal(' ') &&
            fields.Number(16, &mapping.file_offset) && fields.Literal(' ') &&
            fields.Number(16, &major) && fields.Literal(':') && fields.Number(16, &minor) &&
            fields.Literal(' ') && fields.Number(10, &mapping.inode);
  if (!ok || end < begin) return std::nullopt;
  mapping.range = {Address(begin), Address(end)};
  mapping.device = DeviceNumber(major, minor);
  mapping.readable = permissions[0] == 'r';
  mapping.writable = permissions[1] == 'w';
  mapping.executable = permissions[2] == 'x';
  mapping.shared = permissions[3] == 's';
  mapping.path = absl::StrReplaceAll(std::string(fields.RestWithoutPadding()), {{"\\012", "\n"}});
  absl::string_view path = mapping.path;
  mapping.deleted = mapping.has_file() && absl::ConsumeSuffix(&path, " (deleted)");
  mapping.path = std::string(path);
  return mapping;
}

}  // namespace

absl::StatusOr<std::vector<Mapping>> ParseMaps(std::string_view text) {
  std::vector<Mapping> maps;
  for (size_t line_number = 1; !text.empty(); ++line_number) {
    size_t end = std::min(text.find('\n'), text.size());
    std::optional<Mapping> mapping = ParseLine(text.substr(0, end));
    if (!mapping.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat("maps:", line_number, ": not a mapping"));
    }
    maps.push_back(*std::move(mapping));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return maps;
}

absl::StatusOr<std::vector<Mapping>> ReadMaps(uint32_t pid) {
  std::string path = absl::StrCat("/proc/", pid, "/maps");
  absl::StatusOr<std::string> text = ReadFile(path, kMaxMapsBytes);
  if (absl::IsPermissionDenied(text.status())) return RefusedToRead(pid);
  if (absl::IsNotFound(text.status())) return NothingToRead(pid);
  if (!text.ok()) return text.status();
  return ParseMaps(*text);
}

const Mapping* FindMapping(const std::vector<Mapping>& maps, Address address) {
  auto after = std::upper_bound(maps.begin(), maps.end(), address,
                                [](Address a, const Mapping& m) { return a < m.range.begin; });
  if (after == maps.begin()) return nullptr;
  const Mapping& candidate = *std::prev(after);
  return candidate.range.contains(address) ? &candidate : nullptr;
}

}  // namespace seep
