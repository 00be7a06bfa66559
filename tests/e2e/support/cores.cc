#include "tests/e2e/support/cores.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"

namespace seep::e2e {
namespace {

// core(5): anonymous memory, ELF headers, private huge pages; of files only what was written to.
constexpr char kDefaultFilter[] = "0x33";

std::optional<std::string> CoreIn(const std::string& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().filename().string().starts_with("core")) return entry.path().string();
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> CoreByGdb(const Process& process, const Scratch& scratch) {
  std::string pid = std::to_string(process.pid());
  Outcome gcore = RunToEnd({.command = {"gcore", "-o", scratch / "core", pid}});
  if (gcore.code != 0) return std::nullopt;
  return CoreIn(scratch.path());
}

void MayLeaveCore(const Scratch& scratch, Launch* launch) {
  launch->before_exec = [directory = scratch.path()] {
    rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &unlimited);
    int filter = open("/proc/self/coredump_filter", O_WRONLY);
    bool set = write(filter, kDefaultFilter, sizeof(kDefaultFilter) - 1) > 0;
    close(filter);
    if (!set || chdir(directory.c_str()) != 0) _exit(126);
  };
}

std::optional<std::string> CoreByKernel(Process& process, const Scratch& scratch) {
  absl::StatusOr<std::string> pattern = ReadFile("/proc/sys/kernel/core_pattern");
  if (!pattern.ok() || pattern->find_first_of("/|") != std::string::npos) return std::nullopt;
  process.Signal(SIGABRT);
  process.Wait();
  return CoreIn(scratch.path());
}

}  // namespace seep::e2e
