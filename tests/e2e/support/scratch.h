// A directory that goes away with the test, in memory where there is such a place: recordings are
// meant to lie there.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace seep::e2e {

class Scratch {
 public:
  Scratch() {
    std::error_code none;
    std::filesystem::path place = "/dev/shm";
    if (!std::filesystem::is_directory(place, none)) place = std::filesystem::temp_directory_path();
    path_ = (place / "seep_e2e_XXXXXX").string();
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace seep::e2e
