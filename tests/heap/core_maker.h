// Real cores of helper programs: by the kernel, and by gdb's gcore.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"

namespace seep::testing {

struct MadeCore {
  std::string path;
  uint32_t pid = 0;
  std::vector<std::string> lines;  // what the program printed before it was ready
};

// Runs the program until it is ready, and ends it with SIGABRT in `directory`, with that
// coredump_filter. Nothing: the machine's core_pattern sends cores elsewhere.
std::optional<MadeCore> MakeKernelCore(const std::string& directory, const std::string& program,
                                       const std::vector<std::string>& arguments,
                                       const std::string& filter);

// The same by gcore, while it runs on. Nothing: there is no gcore.
std::optional<MadeCore> MakeGdbCore(const std::string& directory, const std::string& program,
                                    const std::vector<std::string>& arguments,
                                    const std::string& filter);

// A line "object ADDRESS NAME" of the objects programs; the name as it is mangled.
struct PrintedObject {
  Address address;
  std::string name;
};
std::vector<PrintedObject> ObjectsIn(const std::vector<std::string>& lines);

}  // namespace seep::testing
