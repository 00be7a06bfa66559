#include "heap/tcmalloc/sampling_flag.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "heap/dynamic_symbol.h"
#include "heap/tcmalloc/data_scan.h"
#include "heap/tcmalloc/find.h"
#include "heap/tcmalloc/thread_caches.h"

namespace seep {
namespace {

using namespace tcmalloc;

// base/commandlineflags.h: a namespace for each type of flag.
constexpr std::string_view kSymbol =
    "_ZN61FLAG__namespace_do_not_use_directly_use_DECLARE_int64_instead"
    "31FLAGS_tcmalloc_sample_parameterE";
constexpr std::string_view kVariable("TCMALLOC_SAMPLE_PARAMETER\0", 26);
constexpr std::string_view kRandomFactor("\x6d\xe6\xec\xde\x05\0\0\0", 8);
constexpr std::string_view kSixteenMiB("\0\0\0\x01", 4);
constexpr uint64_t kMaxCode = 256 << 20;

// A Sampler stands behind the lists and two sizes in each ThreadCache:
// {ssize_t bytes_until_sample_; uint64_t rnd_; bool initialized_}. With sampling off it counts down
// from 16 MiB. In a minimal build nobody counts, nor sets initialized_: the main thread's stays.
struct SamplerState {
  uint64_t bytes_left = 0;
  bool initialized = false;
};

std::vector<SamplerState> ReadSamplers(const Memory& memory, const Heap& heap) {
  std::vector<Dropped> torn;
  std::vector<SamplerState> samplers;
  for (Address cache : ListThreadCaches(memory, heap, &torn)) {
    Address sampler = cache + heap.classes.room * ThreadLists::kStride + 8;
    uint64_t random = ReadWord(memory, sampler + 8).value_or(0);
    if (random == 0 || random >> 48 != 0) continue;
    samplers.push_back({ReadWord(memory, sampler).value_or(0),
                        (ReadWord(memory, sampler + 16).value_or(0) & 0xff) == 1});
  }
  return samplers;
}

absl::Status CheckSamplersCount(const Memory& memory, const Heap& heap) {
  std::vector<SamplerState> samplers = ReadSamplers(memory, heap);
  bool taken = std::any_of(samplers.begin(), samplers.end(),
                           [](const SamplerState& sampler) { return sampler.initialized; });
  bool untouched = std::any_of(samplers.begin(), samplers.end(), [](const SamplerState& sampler) {
    return sampler.bytes_left == 16 << 20;
  });
  if (taken || (!samplers.empty() && !untouched)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("sampling is compiled out of this tcmalloc (a minimal build): of ",
                   samplers.size(), " threads' samplers, none counts bytes"));
}

// The code and constants of one module, and which of its variables a piece of code is about.
class ModuleCode {
 public:
  ModuleCode(const Memory& memory, const LoadedModule& module)
      : memory_(memory), data_(WritableData(module)) {
    for (const Segment& segment : module.segments) {
      if (segment.writable || segment.range.size() > kMaxCode) continue;
      Part& part = parts_.emplace_back();
      part.begin = segment.range.begin;
      part.executable = segment.executable;
      part.bytes.resize(segment.range.size());
      ReadOrZero(memory, part.begin, part.bytes);
    }
  }

  std::set<Address> VariablesOfGenerator() const {
    std::set<Address> variables;
    for (const Part& part : parts_) {
      if (!part.executable) continue;
      for (size_t at = Find(part, kRandomFactor, 0); at != kNone;
           at = Find(part, kRandomFactor, at + 1)) {
        constexpr size_t kBefore = 64;
        size_t from = at < kBefore ? 0 : at - kBefore;
        if (Find(part, kSixteenMiB, from) < at) AddVariables(part, from, at, variables);
      }
    }
    return variables;
  }

  std::set<Address> VariablesSetFromEnvironment() const {
    constexpr size_t kBehind = 128;
    std::set<Address> variables;
    std::set<Address> strings;
    for (const Part& part : parts_) {
      for (size_t at = Find(part, kVariable, 0); at != kNone; at = Find(part, kVariable, at + 1)) {
        strings.insert(part.begin + at);
      }
    }
    for (const Part& part : parts_) {
      if (!part.executable || strings.empty()) continue;
      for (size_t at = 0; at + 4 <= part.bytes.size(); ++at) {
        if (strings.contains(Relative(part, at)) || strings.contains(Absolute(part, at))) {
          AddVariables(part, at, std::min(at + kBehind, part.bytes.size()), variables);
        }
      }
    }
    return variables;
  }

 private:
  static constexpr size_t kNone = std::string_view::npos;

  struct Part {
    Address begin;
    bool executable = false;
    std::vector<uint8_t> bytes;
  };

  static size_t Find(const Part& part, std::string_view what, size_t from) {
    std::string_view all(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
    return all.find(what, from);
  }

  // Instructions name an address by its distance from their end, or by itself.
  static Address Relative(const Part& part, size_t at) {
    auto distance = static_cast<int64_t>(Load<int32_t>(&part.bytes[at]));
    return part.begin + at + 4 + static_cast<uint64_t>(distance);
  }
  static Address Absolute(const Part& part, size_t at) {
    return Address(Load<uint32_t>(&part.bytes[at]));
  }

  // Every aligned word of the module's data that any four bytes in [from, to) could name, itself or
  // as the target of a pointer in its global offset table: too many, rather than to decode.
  void AddVariables(const Part& part, size_t from, size_t to, std::set<Address>& variables) const {
    for (size_t at = from; at + 4 <= to; ++at) {
      for (Address named : {Relative(part, at), Relative(part, at) + 1, Absolute(part, at)}) {
        if (named.value() % 8 != 0) continue;
        if (IsData(named)) variables.insert(named);
        Address pointed(ReadWord(memory_, named).value_or(0));
        if (pointed.value() % 8 == 0 && IsData(pointed)) variables.insert(pointed);
      }
    }
  }

  bool IsData(Address address) const {
    return std::any_of(data_.begin(), data_.end(),
                       [&](AddressRange range) { return range.contains(address); });
  }

  const Memory& memory_;
  std::vector<AddressRange> data_;
  std::vector<Part> parts_;
};

absl::StatusOr<TcmallocSamplingFlag> FindByCode(const Memory& memory, const LoadedModule& module) {
  ModuleCode code(memory, module);
  std::set<Address> read = code.VariablesOfGenerator();
  std::set<Address> set = code.VariablesSetFromEnvironment();
  std::vector<Address> both;
  std::set_intersection(read.begin(), read.end(), set.begin(), set.end(), std::back_inserter(both));
  if (both.size() == 1) {
    return TcmallocSamplingFlag{both[0],
                                "the variable that the sampler's code reads and that "
                                "TCMALLOC_SAMPLE_PARAMETER is put into"};
  }
  return absl::FailedPreconditionError(absl::StrCat(
      module.module.path,
      ": its sampling flag is not exported, and its code does not give it away (", both.size(),
      " variables are both read by the sampler and set from the environment); start "
      "the program with TCMALLOC_SAMPLE_PARAMETER=524288 instead"));
}

}  // namespace

absl::StatusOr<TcmallocSamplingFlag> FindTcmallocSamplingFlag(const Target& target) {
  const Memory& memory = *target.memory;
  std::vector<Dropped> dropped;
  std::vector<FoundHeap> heaps = FindHeaps(target, &dropped);
  if (heaps.empty()) return absl::NotFoundError("no tcmalloc (gperftools) heap was found in it");
  if (heaps.size() > 1) {
    return absl::FailedPreconditionError("it has more than one tcmalloc: which one is not known");
  }
  absl::Status count = CheckSamplersCount(memory, heaps[0].heap);
  if (!count.ok()) return count;
  std::vector<Address> exported;
  for (const LoadedModule& module : target.modules) {
    auto found = FindDynamicSymbol(memory, module.module, kSymbol);
    if (found.has_value()) exported.push_back(*found);
  }
  if (exported.size() == 1) return TcmallocSamplingFlag{exported[0], "exported by name"};
  return FindByCode(memory, *heaps[0].module);
}

}  // namespace seep
