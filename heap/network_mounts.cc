#include "heap/network_mounts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "heap/proc_maps.h"

namespace seep {
namespace {

// Prefixes: "nfs4", "fuse.sshfs", "fuseblk".
constexpr std::array<std::string_view, 14> kNetworkTypes = {
    "nfs",  "cifs", "smb",    "9p",    "afs",  "ceph",   "coda",
    "fuse", "gfs",  "lustre", "ocfs2", "gpfs", "beegfs", "virtiofs"};

std::string_view Field(std::string_view line, size_t index) {
  for (; index > 0; --index) {
    size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return {};
    line.remove_prefix(blank + 1);
  }
  return line.substr(0, line.find(' '));
}

// "253:1"
std::optional<uint64_t> ParseDevice(std::string_view text) {
  uint64_t major;
  uint64_t minor;
  const char* end = text.data() + text.size();
  auto colon = std::from_chars(text.data(), end, major);
  if (colon.ec != std::errc() || colon.ptr == end || *colon.ptr != ':') return std::nullopt;
  if (std::from_chars(colon.ptr + 1, end, minor).ec != std::errc()) return std::nullopt;
  return DeviceNumber(major, minor);
}

}  // namespace

// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw": proc_pid_mountinfo(5). Blanks
// inside a name are escaped.
absl::flat_hash_set<uint64_t> NetworkDevices(std::string_view mountinfo) {
  absl::flat_hash_set<uint64_t> devices;
  while (!mountinfo.empty()) {
    std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
    constexpr std::string_view kSeparator = " - ";
    size_t separator = line.find(kSeparator);
    std::optional<uint64_t> device = ParseDevice(Field(line, 2));
    if (separator == std::string_view::npos || !device.has_value()) continue;
    std::string_view type = line.substr(separator + kSeparator.size());
    bool remote = std::ranges::any_of(
        kNetworkTypes, [type](std::string_view prefix) { return type.starts_with(prefix); });
    if (remote) devices.insert(*device);
  }
  return devices;
}

}  // namespace seep
