#include "heap/thread_list.h"

#include <dirent.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"

namespace seep {

std::vector<TargetThread> ReadThreads(uint32_t pid) {
  std::vector<TargetThread> threads;
  std::string directory = absl::StrCat("/proc/", pid, "/task/");
  std::unique_ptr<DIR, int (*)(DIR*)> tasks(opendir(directory.c_str()), closedir);
  if (tasks == nullptr) return threads;
  while (const dirent* entry = readdir(tasks.get())) {
    TargetThread thread;
    if (!absl::SimpleAtoi(entry->d_name, &thread.tid)) continue;
    absl::StatusOr<std::string> name = ReadFile(absl::StrCat(directory, thread.tid, "/comm"));
    if (!name.ok()) continue;  // it has ended
    if (name->ends_with('\n')) name->pop_back();
    thread.name = *std::move(name);
    threads.push_back(std::move(thread));
  }
  // Numbers wrap around, so the main thread's need not be the smallest.
  std::ranges::sort(threads, {}, [pid](const TargetThread& thread) {
    return std::pair(thread.tid != pid, thread.tid);
  });
  return threads;
}

}  // namespace seep
