#include "heap/instances/find_instances.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/mix.h"

namespace seep {
namespace {

constexpr uint64_t kReportEvery = 1 << 20;  // blocks

// The `limit` instances with the smallest hashes: a heap whose top is the largest kept.
class HashSample {
 public:
  explicit HashSample(size_t limit) : limit_(limit) {}

  void Add(const Instance& instance) {
    if (limit_ == 0) return;
    Entry entry{Mix64(instance.block.value()), instance};
    if (entries_.size() == limit_) {
      if (entry.hash >= entries_.front().hash) return;
      std::pop_heap(entries_.begin(), entries_.end());
      entries_.back() = entry;
    } else {
      entries_.push_back(entry);
    }
    std::push_heap(entries_.begin(), entries_.end());
  }

  std::vector<Instance> Take() && {
    std::vector<Instance> instances;
    for (const Entry& entry : entries_) instances.push_back(entry.instance);
    std::sort(instances.begin(), instances.end(),
              [](const Instance& a, const Instance& b) { return a.address < b.address; });
    return instances;
  }

 private:
  struct Entry {
    uint64_t hash;
    Instance instance;
    bool operator<(const Entry& other) const { return hash < other.hash; }
  };
  size_t limit_;
  std::vector<Entry> entries_;
};

// The selector's answers, by class.
class WantedClasses {
 public:
  WantedClasses(ClassNames& names, const ClassSelector& selector)
      : names_(names), selector_(selector) {}

  bool Has(size_t klass) {
    if (klass >= answers_.size()) answers_.resize(klass + 1, Answer::kNotAsked);
    if (answers_[klass] == Answer::kNotAsked) answers_[klass] = Ask(klass);
    return answers_[klass] == Answer::kYes;
  }

 private:
  enum class Answer : uint8_t { kNotAsked, kNo, kYes };

  Answer Ask(size_t klass) {
    std::vector<size_t> candidates = names_.BasesOf(klass);
    candidates.push_back(klass);
    bool any = std::any_of(candidates.begin(), candidates.end(), [&](size_t candidate) {
      return selector_.Matches(names_.NameOf(candidate));
    });
    return any ? Answer::kYes : Answer::kNo;
  }

  ClassNames& names_;
  const ClassSelector& selector_;
  std::vector<Answer> answers_;
};

}  // namespace

Instances FindInstances(HeapReader& heap, const ClassSelector& selector,
                        const FindInstancesOptions& options) {
  WantedClasses wanted(heap.names(), selector);
  HashSample sample(options.limit);
  absl::flat_hash_map<size_t, InstanceCount> counts;
  uint64_t seen = 0, next_report = 0;
  heap.Walk([&](const BlockRun& run, size_t) {
    seen += run.ForEachLive([&](Address block) {
      BlockHead head = heap.HeadOf(block, run.usable);
      if (!head.klass || !wanted.Has(*head.klass)) return;
      InstanceCount& count = counts[*head.klass];
      count.klass = *head.klass;
      count.objects += head.objects;
      ++count.blocks;
      count.bytes += run.usable;
      sample.Add({.address = block + head.class_offset,
                  .block = block,
                  .block_size = run.usable,
                  .klass = *head.klass,
                  .objects = head.objects});
    });
    if (options.progress && seen >= next_report) {
      options.progress(seen);
      next_report = seen + kReportEvery;
    }
  });

  Instances instances;
  for (const auto& [klass, count] : counts) instances.found.push_back(count);
  std::sort(instances.found.begin(), instances.found.end(), [](const auto& a, const auto& b) {
    return std::pair(b.bytes, a.klass) < std::pair(a.bytes, b.klass);
  });
  instances.sample = std::move(sample).Take();
  instances.look = heap.Describe();
  return instances;
}

}  // namespace seep
