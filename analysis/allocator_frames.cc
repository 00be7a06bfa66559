#include "analysis/allocator_frames.h"

#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "analysis/cpp_name.h"

namespace seep {
namespace {

bool IsAllocationFunction(std::string_view name) {
  static const auto* const kNames = new absl::flat_hash_set<std::string_view>{
      "malloc", "calloc", "realloc", "reallocarray", "memalign", "aligned_alloc", "valloc",
      "pvalloc", "posix_memalign", "operator new", "operator new[]",
      // glibc's functions whose result is the caller's to free
      "strdup", "strndup", "asprintf", "vasprintf", "getline", "getdelim", "__strdup", "__strndup",
      "__libc_malloc", "__libc_calloc", "__libc_realloc", "__libc_memalign",
      // other allocators' own names
      "tc_malloc", "tc_calloc", "tc_realloc", "tc_memalign", "tc_new", "tc_newarray", "je_malloc",
      "je_calloc", "je_realloc", "mi_malloc", "mi_calloc", "mi_realloc", "mi_new"};
  return kNames->contains(name);
}

bool IsFactory(std::string_view qualified_name) {
  NamePart function = SplitName(qualified_name).back();
  if (function.arguments.empty()) return false;
  for (std::string_view verb : {"Make", "New", "Create", "make_", "new_", "create_"}) {
    if (function.name.starts_with(verb)) return true;
  }
  return false;
}

// Their inner functions have no names where they come without debug information.
bool IsAllocatorLibrary(std::string_view path) {
  std::string_view file = path.substr(path.rfind('/') + 1);
  return file == "libseep.so" || file.starts_with("libtcmalloc") ||
         file.starts_with("libjemalloc") || file.starts_with("libmimalloc");
}

bool IsMachinery(const SiteFrame& frame) {
  if (IsAllocatorLibrary(frame.module)) return true;
  std::string_view name = QualifiedName(frame.function);
  for (std::string_view inside : {"std::", "__gnu_cxx::", "tcmalloc::"}) {
    if (name.starts_with(inside)) return true;
  }
  return IsAllocationFunction(name) || IsFactory(name);
}

}  // namespace

size_t FirstFrameOfInterest(std::span<const SiteFrame> leaf_first) {
  for (size_t i = 0; i < leaf_first.size(); ++i) {
    if (!IsMachinery(leaf_first[i])) return i;
  }
  return leaf_first.empty() ? 0 : leaf_first.size() - 1;
}

std::span<const SiteFrame> AllocatorFrames(std::span<const SiteFrame> leaf_first) {
  size_t count = 0;
  while (count < leaf_first.size() && IsMachinery(leaf_first[count])) ++count;
  return leaf_first.first(count);
}

}  // namespace seep
