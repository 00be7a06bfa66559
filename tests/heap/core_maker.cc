#include "tests/heap/core_maker.h"

#include <signal.h>
#include <sys/types.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/file.h"
#include "tests/heap/child_process.h"

namespace seep::testing {
namespace {

std::optional<std::string> CoreIn(const std::string& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().filename().string().starts_with("core")) return entry.path().string();
  }
  return std::nullopt;
}

// A shell that becomes the program: the limit and the filter survive exec.
std::vector<std::string> ShellArguments(const std::string& directory, const std::string& program,
                                        const std::vector<std::string>& arguments,
                                        const std::string& filter) {
  std::string script = "cd '" + directory + "' && ulimit -c unlimited && echo " + filter +
                       " > /proc/self/coredump_filter && exec '" + program + "'";
  for (const std::string& argument : arguments) script += " '" + argument + "'";
  return {"-c", script};
}

}  // namespace

std::optional<MadeCore> MakeKernelCore(const std::string& directory, const std::string& program,
                                       const std::vector<std::string>& arguments,
                                       const std::string& filter) {
  absl::StatusOr<std::string> pattern = ReadFile("/proc/sys/kernel/core_pattern");
  if (!pattern.ok() || pattern->find_first_of("/|") != std::string::npos) return std::nullopt;
  ChildProcess child("/bin/sh", ShellArguments(directory, program, arguments, filter));
  auto pid = static_cast<pid_t>(child.pid());
  if (!child.ready() || pid <= 1) return std::nullopt;
  kill(pid, SIGABRT);
  MadeCore made{.path = "", .pid = child.pid(), .lines = child.lines()};
  child.Reap();
  std::optional<std::string> path = CoreIn(directory);
  if (!path.has_value()) return std::nullopt;
  made.path = *path;
  return made;
}

std::optional<MadeCore> MakeGdbCore(const std::string& directory, const std::string& program,
                                    const std::vector<std::string>& arguments,
                                    const std::string& filter) {
  ChildProcess child("/bin/sh", ShellArguments(directory, program, arguments, filter));
  if (!child.ready()) return std::nullopt;
  std::string prefix = directory + "/core";
  std::string pid = std::to_string(child.pid());
  std::string command = "gcore -o '" + prefix + "' " + pid + " >/dev/null 2>&1";
  if (std::system(command.c_str()) != 0) return std::nullopt;
  return MadeCore{.path = prefix + "." + pid, .pid = child.pid(), .lines = child.lines()};
}

std::vector<PrintedObject> ObjectsIn(const std::vector<std::string>& lines) {
  std::vector<PrintedObject> objects;
  for (const std::string& line : lines) {
    std::istringstream words(line);
    std::string kind;
    std::string address;
    std::string name;
    words >> kind >> address >> name;
    if (kind != "object") continue;
    if (name.starts_with('*')) name.erase(0, 1);
    objects.push_back({Address(std::stoull(address, nullptr, 16)), name});
  }
  return objects;
}

}  // namespace seep::testing
