// Command-line flags: --name VALUE, --name=VALUE, and --name alone for a switch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace examples {

class Flags {
 public:
  explicit Flags(std::string summary) : summary_(std::move(summary)) {}

  // `value` holds the default and must outlive Parse.
  using Target = std::variant<bool*, uint64_t*, double*, std::string*>;
  void Add(std::string_view name, Target value, std::string_view help);

  // The exit status where the program has to end: 0 after --help, 2 after a usage error.
  std::optional<int> Parse(int argc, char** argv) const;

 private:
  struct Flag {
    std::string name;
    Target target;
    std::string help;
  };
  const Flag* Find(std::string_view name) const;
  void PrintHelp() const;

  std::string summary_;
  std::vector<Flag> flags_;
};

}  // namespace examples
