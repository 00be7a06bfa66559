#include "profiler/process_identity.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstring>

#include "profiler/module_table.h"
#include "profiler/small_file.h"
#include "profiler/text.h"

namespace seep::profiler {
namespace {

// Field 22 of /proc/self/stat. The second field, "(name)", may hold anything, even ") ": count from
// the last ')'.
uint64_t StartTicks() {
  char buffer[1024];
  std::string_view stat = ReadSmallFile("/proc/self/stat", buffer, sizeof(buffer));
  size_t at = stat.rfind(')');
  if (at == std::string_view::npos) return 0;
  for (int field = 2; field < 22; ++field) {
    at = stat.find(' ', at + 1);
    if (at == std::string_view::npos) return 0;
  }
  unsigned long long ticks = 0;
  ParseNumber(Slice(stat, at + 1), &ticks);
  return ticks;
}

// "pid:[4026531836]"
uint64_t PidNamespace() {
  char buffer[64];
  ssize_t n = readlink("/proc/self/ns/pid", buffer, sizeof(buffer));
  std::string_view text{buffer, n > 0 ? static_cast<size_t>(n) : 0};
  unsigned long long inode = 0;
  if (text.starts_with("pid:[")) ParseNumber(Slice(text, 5), &inode);
  return inode;
}

void CopyText(std::string_view text, char* target, size_t size) {
  size_t n = text.size() < size - 1 ? text.size() : size - 1;
  memcpy(target, text.data(), n);
  target[n] = '\0';
}

}  // namespace

void FillIdentity(recording::Header* header) {
  char buffer[512];
  std::string_view boot_id =
      ReadSmallFile("/proc/sys/kernel/random/boot_id", buffer, sizeof(buffer));
  CopyText(Slice(boot_id, 0, boot_id.find('\n')), header->boot_id, sizeof(header->boot_id));

  header->pid_namespace = PidNamespace();
  header->pid = static_cast<uint32_t>(getpid());
  header->parent_pid = static_cast<uint32_t>(getppid());
  header->uid = getuid();
  header->start_ticks = StartTicks();

  utsname system{};
  if (uname(&system) == 0) CopyText(system.nodename, header->host, sizeof(header->host));

  ssize_t n = readlink("/proc/self/exe", buffer, sizeof(buffer));
  if (n > 0) {
    CopyText({buffer, static_cast<size_t>(n)}, header->executable, sizeof(header->executable));
  }
  header->build_id_length = MainBuildId(header->build_id, sizeof(header->build_id));
}

}  // namespace seep::profiler
