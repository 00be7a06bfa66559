#include "cli/output_file.h"

#include "absl/strings/str_cat.h"

namespace seep {

std::string DefaultSeepFile(const ProcessFacts& process) {
  std::string name = process.executable.substr(process.executable.rfind('/') + 1);
  return absl::StrCat(name.empty() ? "process" : name, ".", process.pid, ".seep");
}

}  // namespace seep
