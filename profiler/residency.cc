#include "profiler/residency.h"

#include "profiler/small_file.h"
#include "profiler/text.h"

namespace seep::profiler {
namespace {

constinit Text<512> g_usage_path, g_limit_path{};

uint64_t ReadNumber(const char* path) {
  char buffer[64];
  unsigned long long value = 0;
  if (path[0] == '\0' || !ParseNumber(ReadSmallFile(path, buffer, sizeof(buffer)), &value)) {
    return recording::kUnknown;
  }
  return value;
}

void SetPaths(const char* root, std::string_view group, const char* usage, const char* limit) {
  g_usage_path.clear();
  g_limit_path.clear();
  g_usage_path.Add(root).Add(group).Add(usage);
  g_limit_path.Add(root).Add(group).Add(limit);
}

// One line of /proc/self/cgroup: "0::/path" (v2) or "5:memory:/path" (v1).
void UseLine(std::string_view line) {
  size_t first = line.find(':');
  if (first == std::string_view::npos) return;
  size_t second = line.find(':', first + 1);
  if (second == std::string_view::npos) return;
  std::string_view controllers = Slice(line, first + 1, second - first - 1);
  std::string_view group = Slice(line, second + 1);
  if (controllers.empty() && g_limit_path.view().empty()) {
    SetPaths("/sys/fs/cgroup", group, "/memory.current", "/memory.max");
  } else if (controllers == "memory") {
    SetPaths("/sys/fs/cgroup/memory", group, "/memory.usage_in_bytes", "/memory.limit_in_bytes");
  }
}

}  // namespace

void LocateCgroup() {
  char buffer[2048];
  std::string_view text = ReadSmallFile("/proc/self/cgroup", buffer, sizeof(buffer));
  while (!text.empty()) {
    size_t end = text.find('\n');
    UseLine(Slice(text, 0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

Residency ReadResidency() {
  Residency residency;
  char buffer[128];
  std::string_view statm = ReadSmallFile("/proc/self/statm", buffer, sizeof(buffer));
  size_t space = statm.find(' ');
  unsigned long long pages = 0;
  if (space != std::string_view::npos && ParseNumber(Slice(statm, space + 1), &pages)) {
    residency.rss = pages * 4096;
  }
  residency.usage = ReadNumber(g_usage_path.c_str());
  residency.limit = ReadNumber(g_limit_path.c_str());
  return residency;
}

}  // namespace seep::profiler
