#include "examples/support/flags.h"

#include <charconv>
#include <cstdio>

namespace examples {
namespace {

template <typename Number>
bool ParseNumber(std::string_view text, Number* number) {
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && stop == end && *number >= 0;
}

struct Assign {
  std::string_view text;
  bool operator()(bool* /*a switch takes no value*/) const { return false; }
  bool operator()(uint64_t* number) const { return ParseNumber(text, number); }
  bool operator()(double* number) const { return ParseNumber(text, number); }
  bool operator()(std::string* value) const {
    *value = text;
    return true;
  }
};

}  // namespace

void Flags::Add(std::string_view name, Target value, std::string_view help) {
  flags_.push_back({std::string(name), value, std::string(help)});
}

const Flags::Flag* Flags::Find(std::string_view name) const {
  for (const Flag& flag : flags_) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

std::optional<int> Flags::Parse(int argc, char** argv) const {
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument == "--help") {
      PrintHelp();
      return 0;
    }
    size_t equals = argument.find('=');
    bool has_value = equals != std::string_view::npos;
    const Flag* flag =
        argument.starts_with("--") ? Find(argument.substr(0, equals).substr(2)) : nullptr;
    if (flag == nullptr) {
      fprintf(stderr, "unknown argument '%s'; see --help\n", argv[i]);
      return 2;
    }
    if (bool* const* enabled = std::get_if<bool*>(&flag->target); enabled && !has_value) {
      **enabled = true;
      continue;
    }
    std::string_view text;
    if (has_value) text = argument.substr(equals + 1);
    if (!has_value && i + 1 < argc) text = argv[++i];
    if (!std::visit(Assign{text}, flag->target)) {
      fprintf(stderr, "--%s: bad value '%s'; see --help\n", flag->name.c_str(),
              std::string(text).c_str());
      return 2;
    }
  }
  return std::nullopt;
}

void Flags::PrintHelp() const {
  printf("%s\n\n", summary_.c_str());
  for (const Flag& flag : flags_) {
    printf("  --%-16s %s\n", flag.name.c_str(), flag.help.c_str());
  }
}

}  // namespace examples
