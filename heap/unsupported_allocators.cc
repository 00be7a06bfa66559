#include "heap/unsupported_allocators.h"

#include <array>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "heap/module_text.h"

namespace seep {
namespace {

// By what only the allocator itself says.
struct Signature {
  std::string_view text;
  std::string_view name;
};
constexpr auto kSignatures = std::to_array<Signature>({
    // The name of its mappings (system-alloc.cc), and, before those were named, of a parameter.
    {"tcmalloc_region_", "google/tcmalloc (gperftools' tcmalloc is)"},
    {"PARAMETER tcmalloc_per_cpu_caches", "google/tcmalloc (gperftools' tcmalloc is)"},
    {"Scudo ERROR: ", "Scudo, the hardened allocator of LLVM,"},
    {"rml::pool_identify() can't be used", "oneTBB's scalable allocator"},
    {"PartitionAlloc.Partitions.", "PartitionAlloc, of Chromium,"},
    {"ERROR: AddressSanitizer: ", "the allocator of AddressSanitizer"},
    {"WARNING: ThreadSanitizer: ", "the allocator of ThreadSanitizer"},
    {"\xff Go buildinf:", "the heap of Go"},
});

std::vector<std::string_view> Texts() {
  std::vector<std::string_view> texts;
  for (const Signature& signature : kSignatures) texts.push_back(signature.text);
  return texts;
}

}  // namespace

void NameUnsupportedAllocators(const Target& target, std::vector<Dropped>* dropped) {
  const std::vector<std::string_view> texts = Texts();
  for (const LoadedModule& module : target.modules) {
    const std::string& path = module.module.path;
    auto name = [&](const std::string& allocator) {
      dropped->push_back(
          {"allocators", 1, absl::StrCat(path, ": ", allocator, " is not supported")});
    };
    if (absl::StrContains(path, "/ld-musl-")) name("the allocator of musl");
    std::vector<bool> has = HasTexts(*target.memory, module, texts);
    std::string_view said;
    for (size_t i = 0; i < has.size(); ++i) {
      if (!has[i] || kSignatures[i].name == said) continue;
      said = kSignatures[i].name;
      name(std::string(said));
    }
  }
}

}  // namespace seep
