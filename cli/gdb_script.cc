#include "cli/gdb_script.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"
#include "gdb/script_files.h"

namespace seep {
namespace {

// PREFIX/bin/seep has its scripts in PREFIX/share/seep/gdb.
bool HoldsScripts(const std::filesystem::path& directory) {
  return std::ranges::all_of(GdbScriptFiles(), [&](const GdbScriptFile& file) {
    absl::StatusOr<std::string> text = ReadFile(directory / file.path);
    return text.ok() && *text == file.text;
  });
}

// A directory that nobody else can look into, made if it is not there. Whoever may write to where
// gdb reads scripts from runs code as gdb's user, so a directory that somebody else has put there,
// or a link, is refused.
absl::StatusOr<UniqueFd> OwnDirectory(int parent, const std::string& name,
                                      const std::string& path) {
  if (mkdirat(parent, name.c_str(), 0700) != 0 && errno != EEXIST) {
    return FileError(path, "cannot make the directory", errno);
  }
  UniqueFd directory(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.ok()) return FileError(path, "cannot open the directory", errno);
  struct stat info {};
  bool known = fstat(directory.get(), &info) == 0;
  if (!known || info.st_uid != geteuid() || (info.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat(path,
                     ": another user's, or open to others: no script of gdb's may lie there "
                     "(TMPDIR names another place)"));
  }
  return directory;
}

// Whole or not at all: a gdb that is loading the old one is not disturbed.
absl::Status Replace(int directory, const std::string& temporary, const std::string& name,
                     const std::string& path) {
  if (renameat(directory, temporary.c_str(), directory, name.c_str()) == 0) {
    return absl::OkStatus();
  }
  int error = errno;
  unlinkat(directory, temporary.c_str(), 0);
  return FileError(path, "cannot write", error);
}

std::string TemporaryName() { return absl::StrCat(".new.", getpid()); }

absl::Status WriteScript(int directory, const std::string& name, std::string_view text,
                         const std::string& path) {
  std::string temporary = TemporaryName();
  UniqueFd fd(openat(directory, temporary.c_str(),
                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.ok()) return FileError(path, "cannot write", errno);
  while (!text.empty()) {
    ssize_t n = write(fd.get(), text.data(), text.size());
    if (n < 0) return FileError(path, "cannot write", errno);
    text.remove_prefix(static_cast<size_t>(n));
  }
  return Replace(directory, temporary, name, path);
}

// The scripts run the seep that lies beside them.
absl::Status LinkProgram(int directory, const std::string& program, const std::string& path) {
  std::string temporary = TemporaryName();
  if (symlinkat(program.c_str(), directory, temporary.c_str()) != 0) {
    return FileError(path, "cannot make the link", errno);
  }
  return Replace(directory, temporary, "seep", path);
}

absl::StatusOr<std::string> WriteScripts(const std::string& program) {
  std::error_code none;
  std::filesystem::path path = std::filesystem::temp_directory_path(none);
  if (none) path = "/tmp";
  path /= absl::StrCat("seep-", geteuid());
  SEEP_ASSIGN_OR_RETURN(UniqueFd directory, OwnDirectory(AT_FDCWD, path, path));
  for (const GdbScriptFile& file : GdbScriptFiles()) {
    std::filesystem::path script(file.path);
    std::string folder = script.parent_path();
    UniqueFd inner;
    if (!folder.empty()) {
      SEEP_ASSIGN_OR_RETURN(inner, OwnDirectory(directory.get(), folder, path / folder));
    }
    SEEP_RETURN_IF_ERROR(WriteScript(inner.ok() ? inner.get() : directory.get(), script.filename(),
                                     file.text, path / script));
  }
  SEEP_RETURN_IF_ERROR(LinkProgram(directory.get(), program, path / "seep"));
  return path / GdbScriptFiles()[0].path;
}

}  // namespace

absl::StatusOr<std::string> GdbScriptPath() {
  std::error_code unknown;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  std::filesystem::path installed = program.parent_path().parent_path() / "share/seep/gdb";
  if (HoldsScripts(installed)) return installed / GdbScriptFiles()[0].path;
  return WriteScripts(program);
}

}  // namespace seep
