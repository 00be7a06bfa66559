// seep run: a program under the profiler, with no other change to its life.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/profiled_child.h"
#include "cli/residency_observer.h"
#include "cli/size_option.h"
#include "heap/recording_directory.h"

namespace seep {
namespace {

struct RunOptions {
  std::string sample;  // as typed
  std::string output;  // directory or file
  std::vector<std::string> command;
};

// Beside this executable as installed (bin/, lib/) and as built; or what SEEP_LIBRARY says.
absl::StatusOr<std::string> FindLibrary() {
  if (const char* named = getenv("SEEP_LIBRARY"); named != nullptr && *named != '\0') {
    return std::string(named);
  }
  std::error_code error;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  std::filesystem::path library = self.parent_path().parent_path() / "lib" / "libseep.so";
  if (!error && std::filesystem::exists(library, error)) return library.string();
  return absl::NotFoundError(
      absl::StrCat(library.string(), ": no such file; set SEEP_LIBRARY to the path of libseep.so"));
}

std::string Absolute(const std::string& path) {
  std::error_code error;
  std::string absolute = std::filesystem::absolute(path, error).string();
  return error ? path : absolute;
}

// Where recordings will appear: output= as the profiler understands it.
std::string DirectoryOf(const std::string& output) {
  if (output.empty()) return absl::StrCat("/dev/shm/seep-", geteuid());
  std::error_code error;
  if (output.ends_with('/') || std::filesystem::is_directory(output, error)) return output;
  return std::filesystem::path(output).parent_path().string();
}

// Key=value pairs for SEEP_OPTIONS.
std::string SeepOptions(const RunOptions& options) {
  std::string text;
  if (!options.sample.empty()) absl::StrAppend(&text, "sample=", options.sample);
  if (!options.output.empty()) {
    absl::StrAppend(&text, text.empty() ? "" : ":",
                    "output=", absl::StrReplaceAll(options.output, {{"\\", "\\\\"}, {":", "\\:"}}));
  }
  return text;
}

// The recordings of this run: of the child, and of what it started that wrote some.
std::vector<FoundRecording> RecordingsSince(const std::string& directory, int64_t since_ns) {
  absl::StatusOr<std::vector<FoundRecording>> found = FindRecordings(directory, std::nullopt);
  if (!found.ok()) return {};
  std::erase_if(*found, [&](const FoundRecording& r) {
    return !r.problem.empty() || r.created_real_ns < since_ns;
  });
  return *std::move(found);
}

int64_t RealNs() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void SayWhatIsLeft(const std::vector<FoundRecording>& recordings, pid_t child) {
  if (recordings.empty()) {
    Say("could not measure: the program left no recording. Either it allocated less than one "
        "sample interval (try --sample 1), or the profiler was not in effect in it: a statically "
        "linked or set-user-ID program, or no room for 13 MiB where recordings go");
    return;
  }
  constexpr size_t kShown = 8;
  size_t shown = 0;
  for (const FoundRecording& recording : recordings) {
    if (++shown > kShown) break;
    Say(absl::StrCat("recording of ", recording.executable, " (pid ", recording.pid,
                     recording.pid == static_cast<uint32_t>(child) ? ")" : ", started by it)", ": ",
                     recording.path));
  }
  if (recordings.size() > kShown) {
    Say(absl::StrCat("and ", recordings.size() - kShown, " more in the same directory"));
  }
  const FoundRecording* main = &recordings.front();
  for (const FoundRecording& recording : recordings) {
    if (recording.pid == static_cast<uint32_t>(child)) main = &recording;
  }
  Say(absl::StrCat("next: seep report ", ShellQuoted(main->path), " -o leak.html"));
}

int Run(RunOptions options) {
  absl::StatusOr<std::string> library = FindLibrary();
  if (!library.ok()) {
    SayError(library.status());
    return kExitNotMeasured;
  }
  if (!options.output.empty()) {
    bool directory = options.output.ends_with('/');
    options.output = Absolute(options.output);
    if (directory && mkdir(options.output.c_str(), 0700) != 0 && errno != EEXIST) {
      SayError(FileError(options.output, "cannot create the directory", errno));
      return kExitUsage;
    }
  }
  std::string directory = DirectoryOf(options.output);
  int64_t started = RealNs();
  absl::StatusOr<pid_t> child = StartProfiled({options.command, *library, SeepOptions(options)});
  if (!child.ok()) {
    SayError(child.status());
    return absl::IsNotFound(child.status()) ? 127 : 126;
  }
  std::unique_ptr<ResidencyObserver> observer;
  int code = WaitForwarding(*child, [&] {
    if (observer == nullptr) {
      for (const FoundRecording& recording : RecordingsSince(directory, started)) {
        if (recording.pid != static_cast<uint32_t>(*child) || !recording.alive) continue;
        observer = ResidencyObserver::Attach(recording.path, recording.pid);
      }
    }
    if (observer != nullptr) observer->Observe();
  });
  SayWhatIsLeft(RecordingsSince(directory, started), *child);
  return code;
}

// "512KiB", "1MB", "4096", "off".
std::string CheckSample(const std::string& text) {
  if (text == "off" || ParseSize(text).has_value()) return "";
  return absl::StrCat("not a size: '", text, "' (write 512KiB, 4096 or off)");
}

constexpr char kFooter[] = R"(Examples:
  seep run -- ./server --port 8080
  seep run --sample 64KiB -o /var/tmp/seep/ -- ./server
  seep run --sample 1 -- ./test             every allocation: exact, slower

Everything after -- is the program. It keeps its standard streams, its signals and its exit code; a
program ended by signal N gives 128 + N. The recording lies in memory (/dev/shm/seep-UID/) unless -o
names another place, and outlives the program however it ends.)";

}  // namespace

void AddRunCommand(CLI::App& app, CommandRun* run) {
  CLI::App* command = app.add_subcommand("run", "run a program under the profiler");
  auto options = std::make_shared<RunOptions>();
  command
      ->add_option("--sample", options->sample,
                   "mean bytes between samples (default 512KiB); 1: every block; off")
      ->check(CheckSample);
  command->add_option("-o,--output", options->output,
                      "directory (ends with /) or file for the recording");
  command->add_option("command", options->command, "the program and its arguments")->required();
  command->positionals_at_end();
  command->footer(kFooter);
  command->callback([options, run] { *run = [options] { return Run(*options); }; });
}

}  // namespace seep
