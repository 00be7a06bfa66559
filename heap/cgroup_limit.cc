#include "heap/cgroup_limit.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/file.h"

namespace seep {
namespace {

// Version 1 says "no limit" by the largest multiple of the page size in an int64.
constexpr uint64_t kNoLimit = uint64_t{1} << 62;

struct Hierarchy {
  std::string type;        // of the file system: "cgroup2" or "cgroup"
  std::string controller;  // that must be among its options; empty: any
  std::string limit_file;
  std::string usage_file;
  std::string inactive_field;  // of memory.stat
};
const Hierarchy kVersion2 = {"cgroup2", "", "memory.max", "memory.current", "inactive_file "};
const Hierarchy kVersion1 = {"cgroup", "memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                             "total_inactive_file "};

bool HasOption(const std::string& options, const std::string& wanted) {
  std::vector<std::string> all = absl::StrSplit(options, ',');
  return wanted.empty() || std::find(all.begin(), all.end(), wanted) != all.end();
}

// The group's path in a hierarchy, from lines like "4:memory:/a/b" (v1) and "0::/a/b" (v2).
std::optional<std::string> GroupPath(const std::vector<std::string>& lines,
                                     const Hierarchy& hierarchy) {
  for (const std::string& line : lines) {
    std::vector<std::string> fields = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3) continue;
    bool wanted = hierarchy.controller.empty() ? fields[0] == "0" && fields[1].empty()
                                               : HasOption(fields[1], hierarchy.controller);
    if (wanted) return fields[2];
  }
  return std::nullopt;
}

struct Mount {
  std::string root;   // the group that it shows
  std::string point;  // where
};

// "36 35 98:0 /root /point opts … - type source superopts" (proc(5)).
std::optional<Mount> FindMount(std::string_view mounts, const Hierarchy& hierarchy) {
  std::vector<std::string> lines = absl::StrSplit(std::string(mounts), '\n');
  for (const std::string& line : lines) {
    std::vector<std::string> fields = absl::StrSplit(line, ' ');
    auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 7 || fields.end() - dash < 4 || dash - fields.begin() < 6) continue;
    if (dash[1] == hierarchy.type && HasOption(dash[3], hierarchy.controller)) {
      return Mount{fields[3], fields[4]};
    }
  }
  return std::nullopt;
}

// The group's path below the mount; nothing if the mount does not show it.
std::optional<std::string> BelowMount(const std::string& group, const std::string& root) {
  std::string prefix = root == "/" ? "" : root;
  if (!absl::StartsWith(group + "/", prefix + "/")) return std::nullopt;
  return group.substr(prefix.size());
}

std::optional<uint64_t> ReadLimit(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  uint64_t limit;
  if (!text.ok() || !absl::SimpleAtoi(*text, &limit) || limit >= kNoLimit) return std::nullopt;
  return limit;
}

// What is left of a directory's limit.
std::optional<uint64_t> ReadLeft(const std::string& directory, const Hierarchy& hierarchy) {
  std::optional<uint64_t> limit = ReadLimit(absl::StrCat(directory, "/", hierarchy.limit_file));
  std::optional<uint64_t> used = ReadLimit(absl::StrCat(directory, "/", hierarchy.usage_file));
  if (!limit.has_value() || !used.has_value()) return std::nullopt;
  std::string stat = ReadFile(directory + "/memory.stat").value_or("");
  uint64_t inactive = 0;
  for (absl::string_view line : absl::StrSplit(stat, '\n')) {
    if (absl::ConsumePrefix(&line, hierarchy.inactive_field)) {
      (void)absl::SimpleAtoi(line, &inactive);
    }
  }
  uint64_t needed = *used - std::min(*used, inactive);
  return *limit - std::min(*limit, needed);
}

// A figure of one group's directory.
using Figure = std::optional<uint64_t> (*)(const std::string& directory, const Hierarchy&);

std::optional<uint64_t> LimitOf(const std::string& directory, const Hierarchy& hierarchy) {
  return ReadLimit(absl::StrCat(directory, "/", hierarchy.limit_file));
}

// The directories of the process's group and its ancestors, its own first; none: not visible here.
std::vector<std::string> GroupDirectories(const std::vector<std::string>& cgroups,
                                          std::string_view mounts, const Hierarchy& hierarchy) {
  std::optional<std::string> group = GroupPath(cgroups, hierarchy);
  std::optional<Mount> mount = FindMount(mounts, hierarchy);
  if (!group.has_value() || !mount.has_value()) return {};
  std::optional<std::string> below = BelowMount(*group, mount->root);
  if (!below.has_value()) return {};
  std::vector<std::string> parts = absl::StrSplit(*below, '/', absl::SkipEmpty());
  // "/../x": a group outside of what our cgroup namespace shows.
  if (std::find(parts.begin(), parts.end(), "..") != parts.end()) return {};

  std::vector<std::string> directories;
  for (;; parts.pop_back()) {
    directories.push_back(absl::StrCat(mount->point, "/", absl::StrJoin(parts, "/")));
    if (parts.empty()) return directories;
  }
}

std::optional<uint64_t> Smallest(Figure figure, const std::vector<std::string>& directories,
                                 const Hierarchy& hierarchy) {
  std::optional<uint64_t> smallest;
  for (const std::string& directory : directories) {
    std::optional<uint64_t> value = figure(directory, hierarchy);
    if (value.has_value()) smallest = std::min(smallest.value_or(*value), *value);
  }
  return smallest;
}

std::optional<uint64_t> UsageOfLimited(const std::vector<std::string>& directories,
                                       const Hierarchy& hierarchy) {
  std::optional<uint64_t> limit = Smallest(LimitOf, directories, hierarchy);
  for (const std::string& directory : directories) {
    if (LimitOf(directory, hierarchy) != limit) continue;
    return ReadLimit(absl::StrCat(directory, "/", hierarchy.usage_file));
  }
  return std::nullopt;
}

// On a hybrid machine the memory controller is in one of the two only.
template <typename Read>
std::optional<uint64_t> OfEither(std::string_view cgroups, std::string_view mounts, Read read) {
  std::vector<std::string> lines = absl::StrSplit(std::string(cgroups), '\n');
  std::optional<uint64_t> v1 = read(GroupDirectories(lines, mounts, kVersion1), kVersion1);
  return v1 ? v1 : read(GroupDirectories(lines, mounts, kVersion2), kVersion2);
}

}  // namespace

std::optional<uint64_t> CgroupMemoryLimit(std::string_view cgroups, std::string_view mounts) {
  return OfEither(cgroups, mounts, [](const auto& directories, const Hierarchy& hierarchy) {
    return Smallest(LimitOf, directories, hierarchy);
  });
}

std::optional<uint64_t> CgroupMemoryUsage(std::string_view cgroups, std::string_view mounts) {
  return OfEither(cgroups, mounts, UsageOfLimited);
}

std::optional<uint64_t> CgroupMemoryLeft(std::string_view cgroups, std::string_view mounts) {
  return OfEither(cgroups, mounts, [](const auto& directories, const Hierarchy& hierarchy) {
    return Smallest(ReadLeft, directories, hierarchy);
  });
}

}  // namespace seep
