#include "symbolizer/debug_file_locator.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace seep {
namespace {

constexpr const char* kSystemDirectory = "/usr/lib/debug";
constexpr std::string_view kDeletedMark = " (deleted)";  // what /proc/PID/maps and exe append

// The path without the kernel's mark; the build-id will tell whether the file there is the one.
std::string FilePath(const Module& module) {
  std::string_view path = module.path;
  if (path.ends_with(kDeletedMark)) path.remove_suffix(kDeletedMark.size());
  return std::string(path);
}

// DIR/.build-id/93/ac61….debug, where every distribution puts them.
std::string BuildIdPath(const std::string& directory, const std::vector<uint8_t>& build_id) {
  std::string text = BuildIdText(build_id);
  return absl::StrCat(directory, "/.build-id/", text.substr(0, 2), "/", text.substr(2), ".debug");
}

// "" or why the module never had a file.
std::string NotAFile(const std::string& path) {
  if (path.empty()) return "the module has no path";
  if (path.find("vdso") != path.npos && path.find('/') == path.npos) {
    return path + ": part of the kernel, not a file";
  }
  if (path.front() == '[') return path + ": memory, not a file";
  if (path.front() != '/') return path + ": not an absolute path";
  return "";
}

absl::StatusOr<ElfFile> OpenMatching(const std::string& path, const Module& module) {
  absl::StatusOr<ElfFile> file = ElfFile::Open(path);
  if (absl::IsNotFound(file.status())) {
    return absl::NotFoundError("binary deleted or moved: " + path);
  }
  if (file.ok() && file->build_id() != module.build_id) {
    return absl::FailedPreconditionError(
        absl::StrCat("build-id differs: ", path, " has ", BuildIdText(file->build_id()),
                     ", the process had ", BuildIdText(module.build_id)));
  }
  return file;
}

}  // namespace

DebugFileLocator::DebugFileLocator(Options options)
    : root_(std::move(options.root)), directories_(std::move(options.debug_directories)) {
  if (!root_.empty()) directories_.push_back(root_ + kSystemDirectory);
  directories_.push_back(kSystemDirectory);
}

LocatedFiles DebugFileLocator::Locate(const Module& module) const {
  LocatedFiles files;
  files.missing = NotAFile(module.path);
  if (files.missing.empty()) {
    OpenBinary(module, &files);
  } else if (module.build_id.empty()) {
    return files;
  }
  if (!files.missing.empty()) AddDebugFile(module, &files);
  return files;
}

void DebugFileLocator::OpenBinary(const Module& module, LocatedFiles* files) const {
  absl::StatusOr<ElfFile> binary = OpenMatching(root_ + FilePath(module), module);
  if (!binary.ok()) {
    files->missing = std::string(binary.status().message());
    return;
  }
  if (!binary->has_debug_info()) files->missing = binary->path() + " has no debug information";
  files->binary = std::move(binary).value();
}

void DebugFileLocator::AddDebugFile(const Module& module, LocatedFiles* files) const {
  std::optional<ElfFile::DebugLink> link;
  if (files->binary.has_value()) link = files->binary->debug_link();
  for (const std::string& path : Candidates(module, link)) {
    absl::StatusOr<ElfFile> file = ElfFile::Open(path);
    if (!file.ok() || file->build_id() != module.build_id) continue;
    bool vouched = !module.build_id.empty() || (link.has_value() && file->Crc() == link->crc);
    if (!vouched) continue;
    bool complete = file->has_debug_info();
    if (complete || !files->debug.has_value()) files->debug = std::move(file).value();
    if (complete) {
      files->missing.clear();
      return;
    }
  }
  absl::StrAppend(&files->missing,
                  module.build_id.empty()
                      ? "; it has no build-id to find a debug file by"
                      : "; no debug file for build-id " + BuildIdText(module.build_id));
}

// Most specific first. What is found there is checked by the caller.
std::vector<std::string> DebugFileLocator::Candidates(
    const Module& module, const std::optional<ElfFile::DebugLink>& link) const {
  std::string path = FilePath(module);
  std::string home = path.substr(0, path.rfind('/'));
  std::string name = path.substr(path.rfind('/') + 1);
  std::vector<std::string> candidates;
  for (const std::string& directory : directories_) {
    candidates.push_back(BuildIdPath(directory, module.build_id));
    candidates.push_back(absl::StrCat(directory, "/", name, ".debug"));
    candidates.push_back(absl::StrCat(directory, "/", name));
  }
  if (!link.has_value()) return candidates;
  candidates.push_back(absl::StrCat(root_, home, "/", link->file_name));
  candidates.push_back(absl::StrCat(root_, home, "/.debug/", link->file_name));
  for (const std::string& directory : directories_) {
    candidates.push_back(absl::StrCat(directory, home, "/", link->file_name));
    candidates.push_back(absl::StrCat(directory, "/", link->file_name));
  }
  return candidates;
}

absl::StatusOr<ElfFile> DebugFileLocator::FindByBuildId(
    const std::vector<uint8_t>& build_id) const {
  for (const std::string& directory : directories_) {
    absl::StatusOr<ElfFile> file = ElfFile::Open(BuildIdPath(directory, build_id));
    if (file.ok() && file->build_id() == build_id) return file;
  }
  return absl::NotFoundError("no debug file for build-id " + BuildIdText(build_id));
}

}  // namespace seep
