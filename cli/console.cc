#include "cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "report/escape.h"
#include "report/format.h"

namespace seep {

void Say(std::string_view message) {
  std::string line = absl::StrCat("seep: ", Visible(message), "\n");
  fwrite(line.data(), 1, line.size(), stderr);
}

void SayError(const absl::Status& status) {
  Say(std::string_view(status.message().data(), status.message().size()));
}

bool IsTerminal(int fd) { return isatty(fd) == 1; }

size_t TerminalWidth() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* columns = getenv("COLUMNS");
  size_t width = 0;
  return columns != nullptr && absl::SimpleAtoi(columns, &width) && width > 0 ? width : 80;
}

std::string ShellQuoted(std::string_view argument) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:=@%,";
  if (!argument.empty() && argument.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(argument);
  }
  std::string quoted = "'";
  for (char c : argument) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

CountLine::CountLine(std::string what)
    : what_(std::move(what)), enabled_(IsTerminal(STDERR_FILENO)) {}

CountLine::~CountLine() {
  if (shown_) fputs("\r\x1b[K", stderr);
}

void CountLine::Show(uint64_t count) {
  if (!enabled_) return;
  shown_ = true;
  fprintf(stderr, "\r%s: %s\x1b[K", what_.c_str(), FormatCount(static_cast<double>(count)).c_str());
}

ProgressLine::ProgressLine(std::string what)
    : what_(std::move(what)), enabled_(IsTerminal(STDERR_FILENO)) {}

ProgressLine::~ProgressLine() {
  if (shown_percent_ >= 0) fputs("\r\x1b[K", stderr);
}

void ProgressLine::Show(size_t done, size_t total) {
  if (!enabled_ || total == 0) return;
  int percent = static_cast<int>(done * 100 / total);
  if (percent == shown_percent_) return;
  shown_percent_ = percent;
  constexpr int kBar = 30;
  std::string bar(static_cast<size_t>(percent * kBar / 100), '#');
  fprintf(stderr, "\r%s [%-*s] %3d %% (%zu of %zu)\x1b[K", what_.c_str(), kBar, bar.c_str(),
          percent, done, total);
}

}  // namespace seep
