#include "cli/heap_look.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "cli/command.h"
#include "cli/console.h"
#include "symbolizer/symbolizer.h"

namespace seep {

absl::StatusOr<HeapLook> OpenHeap(const std::string& target, SymbolOptions symbols) {
  HeapLook look;
  if (std::optional<uint32_t> pid = AsPid(target)) {
    SEEP_ASSIGN_OR_RETURN(look.live, LiveTarget::Open(*pid));
    if (symbols.root.empty()) symbols.root = absl::StrCat("/proc/", *pid, "/root");
  } else {
    ModuleFileOptions files{symbols.root, symbols.debug_directories};
    SEEP_ASSIGN_OR_RETURN(look.core, CoreTarget::Open(target, files));
  }
  look.symbols = std::move(symbols);
  look.heap = std::make_unique<HeapReader>(
      look.target(), DebugFileLocator::Options{look.symbols.root, look.symbols.debug_directories});
  return look;
}

absl::Status FinishLook(const HeapLook& look, LookedAt* looked_at) {
  if (look.core != nullptr) {
    const LoadedModule* program = look.core->program();
    looked_at->pid = look.core->process().pid;
    looked_at->executable = program != nullptr ? program->module.path : look.core->process().name;
    for (Dropped& dropped : look.core->dropped()) looked_at->dropped.push_back(std::move(dropped));
    return absl::OkStatus();
  }
  const ProcessIdentity& identity = look.live->identity();
  looked_at->pid = identity.pid_in_namespace;
  std::error_code unknown;
  looked_at->executable =
      std::filesystem::read_symlink(absl::StrCat("/proc/", identity.pid, "/exe"), unknown).string();
  for (const Dropped& dropped : look.live->dropped()) looked_at->dropped.push_back(dropped);
  return look.live->StillTheSame();
}

SymbolTable NameCode(const HeapLook& look, const std::vector<CodeLocation>& code) {
  std::vector<Module> modules;
  for (const LoadedModule& loaded : look.target().modules) modules.push_back(loaded.module);
  SymbolizerOptions options;
  options.files = {look.symbols.root, look.symbols.debug_directories};
  return Symbolizer(options).Symbolize(modules, code, {});
}

void AddSymbolOptions(CLI::App* command, SymbolOptions* symbols) {
  command->add_option("--debug-dir", symbols->debug_directories,
                      "where to look for debug files, by build-id (again for more)");
  command->add_option("--sysroot", symbols->root,
                      "where the program's files are, if not where it found them");
}

TextOptions TerminalText() {
  TextOptions text;
  text.width = TerminalWidth();
  text.color = IsTerminal(STDOUT_FILENO);
  return text;
}

std::string NoSuchClass(const std::string& target, const std::string& pattern) {
  return absl::StrCat("no live object is of a class that matches ", pattern, "; seep report ",
                      ShellQuoted(target), " lists the classes there are");
}

int PrintResult(const std::string& text) {
  fwrite(text.data(), 1, text.size(), stdout);
  if (fflush(stdout) == 0) return kExitOk;
  SayError(FileError("standard output", "cannot write", errno));
  return kExitNotMeasured;
}

}  // namespace seep
