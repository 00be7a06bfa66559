#include "heap/glibc/walker.h"

#include <string>

#include "absl/strings/str_format.h"
#include "heap/glibc/heap_walk.h"

namespace seep::glibc {
namespace {

class Walker final : public AllocatorWalker {
 public:
  Walker(const Target& target, const LoadedModule& module, const Arena& main,
         const std::optional<Parameters>& parameters)
      : target_(target), module_(module), main_(main), parameters_(parameters) {}

  std::string kind() const override { return "glibc malloc"; }

  std::string description() const override {
    std::string_view path = module_.module.path;
    return absl::StrFormat("glibc %s by its arenas' layout, main arena at %s+0x%x%s",
                           main_.layout->versions, path.substr(path.rfind('/') + 1),
                           main_.state.value() - module_.module.load_bias,
                           parameters_.has_value() ? "" : ", parameters not found");
  }

  Address anchor() const override { return main_.state; }

  WalkedHeap Walk(MemoryWindow& window, RunSink sink) override {
    // Read anew: the sums go on counting. Torn ones are worse than old ones.
    std::optional<Parameters> now = FindParameters(*target_.memory, module_, main_);
    if (now.has_value()) parameters_ = now;
    return WalkHeaps({target_, module_, main_, parameters_}, window, sink);
  }

 private:
  const Target& target_;
  LoadedModule module_;
  Arena main_;
  std::optional<Parameters> parameters_;
};

}  // namespace

std::unique_ptr<AllocatorWalker> MakeWalker(const Target& target, const LoadedModule& module,
                                            const Arena& main,
                                            const std::optional<Parameters>& parameters) {
  return std::make_unique<Walker>(target, module, main, parameters);
}

}  // namespace seep::glibc
