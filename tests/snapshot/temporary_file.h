// A path in a directory of its own; both go away with this, whatever was put there.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace seep {

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name = "test.seep") : path_(MakeDirectory() / name) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove_all(path_.parent_path()); }

  std::string path() const { return path_.string(); }
  std::string directory() const { return path_.parent_path().string(); }

 private:
  static std::filesystem::path MakeDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "seep-test-XXXXXX").string();
    return mkdtemp(pattern.data());
  }
  std::filesystem::path path_;
};

}  // namespace seep
