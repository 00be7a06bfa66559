#include "symbolizer/module_symbols.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "symbolizer/demangle.h"

namespace seep {

ModuleSymbols::ModuleSymbols(const Module& module, const DebugFileLocator& locator,
                             const Deadline& deadline)
    : path_(module.path), files_(locator.Locate(module)) {
  if (!files_.missing.empty()) return;
  const ElfFile& file = files_.debug.has_value() ? *files_.debug : *files_.binary;
  auto debug_info = DebugInfo::Open(file, locator, deadline);
  if (debug_info.ok()) {
    debug_info_ = std::move(debug_info).value();
  } else {
    files_.missing = std::string(debug_info.status().message());
  }
}

Symbol ModuleSymbols::At(uint64_t address) {
  Symbol symbol;
  if (debug_info_ != nullptr) {
    if (auto frames = debug_info_->FramesAt(address)) symbol.frames = *std::move(frames);
  }
  if (symbol.frames.empty()) symbol.frames.emplace_back();
  // Only the outermost is a symbol; the inlined ones have their name from DWARF or not at all.
  Frame& function = symbol.frames.back();
  if (function.function.empty()) function.function = Function(address);
  bool nameless = std::any_of(symbol.frames.begin(), symbol.frames.end(),
                              [](const Frame& frame) { return frame.function.empty(); });
  if (nameless) symbol.missing = WhyNameless();
  if (function == Frame() && symbol.frames.size() == 1) symbol.frames.clear();
  return symbol;
}

// Without the address, so that reports can count how many have the same reason.
std::string ModuleSymbols::WhyNameless() const {
  if (files_.none()) return files_.missing;
  return absl::StrCat(files_.missing, files_.missing.empty() ? "" : "; ",
                      "no symbol of " + path_ + " covers the address");
}

std::string ModuleSymbols::Function(uint64_t address) {
  for (const SymbolIndex& index : Indexes()) {
    if (auto name = index.Function(address)) return Demangle(*name);
  }
  return "";
}

std::string ModuleSymbols::VtableClass(uint64_t address) {
  for (const SymbolIndex& index : Indexes()) {
    if (auto name = index.VtableClass(address)) return std::string(*name);
  }
  return "";
}

// A separate debug file has all symbols, a stripped binary only those it exports.
const std::vector<SymbolIndex>& ModuleSymbols::Indexes() {
  if (!indexes_.has_value()) {
    indexes_.emplace();
    if (files_.debug.has_value()) indexes_->emplace_back(*files_.debug);
    if (files_.binary.has_value()) indexes_->emplace_back(*files_.binary);
  }
  return *indexes_;
}

}  // namespace seep
