#include "symbolizer/demangle.h"

#define HAVE_DECL_BASENAME 1  // else libiberty.h declares it once more, and differently
#include <libiberty/demangle.h>

#include <csetjmp>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace seep {
namespace {

constexpr size_t kMaxInput = size_t{8} << 10;
constexpr size_t kMaxOutput = size_t{64} << 10;

struct Output {
  std::string* text;
  std::jmp_buf full;
};

void Append(const char* piece, size_t length, void* opaque) {
  auto* output = static_cast<Output*>(opaque);
  if (output->text->size() + length > kMaxOutput) std::longjmp(output->full, 1);
  output->text->append(piece, length);
}

// libiberty prints through a callback and offers no other way to end a print that never ends. The
// jump skips only its frames, which own nothing but stack in this form of the call, and ours here,
// which owns nothing.
bool PrintTo(std::string* text, const char* mangled, int options) {
  Output output;
  output.text = text;
  if (setjmp(output.full) != 0) return false;
  constexpr int kAlways = DMGL_PARAMS | DMGL_TYPES | DMGL_NO_RECURSE_LIMIT;
  return cplus_demangle_v3_callback(mangled, kAlways | options, Append, &output) != 0;
}

bool TryDemangle(const std::string& mangled, int options, std::string* name) {
  if (mangled.size() > kMaxInput || mangled.find('\0') != std::string::npos) return false;
  std::string text;
  if (!PrintTo(&text, mangled.c_str(), options)) return false;
  *name = NormalizeBrackets(text);
  return true;
}

// "&operator> >": the first bracket closes nothing.
bool EndsInOperator(std::string_view text) {
  return text.ends_with("operator>") || text.ends_with("operator>>") ||
         text.ends_with("operator->") || text.ends_with("operator<=>");
}

}  // namespace

std::string Demangle(std::string_view symbol) {
  std::string name(symbol);
  // The manglings of templates have a return type, which nobody says.
  if (symbol.substr(0, 2) == "_Z") TryDemangle(name, DMGL_RET_DROP, &name);
  return name;
}

std::string DemangleClass(std::string_view rtti_name) {
  if (rtti_name.substr(0, 1) == "*") rtti_name.remove_prefix(1);
  std::string name(rtti_name);
  // As the name of a typeinfo string, so that a class is never read as a function or a variable.
  std::string typeinfo = absl::StrCat("_ZTS", name);
  constexpr std::string_view kPrefix = "typeinfo name for ";
  std::string demangled;
  if (TryDemangle(typeinfo, 0, &demangled) && demangled.starts_with(kPrefix)) {
    name = demangled.substr(kPrefix.size());
  }
  return name;
}

std::string NormalizeBrackets(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (size_t i = 0; i < name.size(); ++i) {
    bool redundant = name.substr(i).starts_with(" >") && out.ends_with('>') && !EndsInOperator(out);
    if (!redundant) out += name[i];
  }
  return out;
}

}  // namespace seep
