// Walks of programs that say themselves what is live, over gperftools' tcmalloc in every form that
// it comes in.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <numeric>
#include <random>
#include <set>

#include "heap/process_memory.h"
#include "heap/tcmalloc/find.h"
#include "tests/e2e/support/census_truth.h"
#include "tests/e2e/support/process.h"
#include "tests/heap/sparse_memory.h"

namespace seep::e2e {
namespace {

struct Form {
  std::string name;
  std::string program;
  std::string preload = "";  // library
  std::vector<std::string> environment = {};
  std::vector<std::string> arguments = {};
};

uint64_t SizeOf(const std::vector<AddressRange>& ranges) {
  return std::accumulate(
      ranges.begin(), ranges.end(), uint64_t{0},
      [](uint64_t sum, const AddressRange& range) { return sum + range.size(); });
}

uint64_t FreeBytes(const WalkedHeap& walked) {
  return std::accumulate(walked.free.begin(), walked.free.end(), uint64_t{0},
                         [](uint64_t sum, const FreeBlocks& free) { return sum + free.bytes; });
}

void ExpectDisjoint(const WalkedHeap& walked) {
  std::vector<AddressRange> all = walked.heap;
  all.insert(all.end(), walked.metadata.begin(), walked.metadata.end());
  std::sort(all.begin(), all.end());
  for (size_t i = 1; i < all.size(); ++i) EXPECT_LE(all[i - 1].end, all[i].begin);
}

class CensusTcmalloc : public ::testing::TestWithParam<Form> {
 protected:
  CensusTcmalloc() {
    const Form& form = GetParam();
    Launch launch{.command = {Program(form.program), truth_path_}, .environment = form.environment};
    launch.command.insert(launch.command.end(), form.arguments.begin(), form.arguments.end());
    if (!form.preload.empty()) launch.environment.push_back("LD_PRELOAD=" + form.preload);
    process_ = std::make_unique<Process>(launch);
    EXPECT_EQ(process_->ReadLine(), "ready");
    process_->Stop();
    auto memory = ProcessMemory::Open(static_cast<uint32_t>(process_->pid()));
    auto maps = ReadMaps(static_cast<uint32_t>(process_->pid()));
    EXPECT_TRUE(memory.ok() && maps.ok());
    memory_ = std::make_unique<ProcessMemory>(*memory);
    target_ = {memory_.get(), *maps, FindModules(*memory_, *maps)};
  }
  ~CensusTcmalloc() override { std::filesystem::remove(truth_path_); }

  std::string truth_path_ = ::testing::TempDir() + "census." + std::to_string(getpid());
  std::unique_ptr<Process> process_;
  std::unique_ptr<ProcessMemory> memory_;
  Target target_;
};

TEST_P(CensusTcmalloc, FindsEveryLiveBlockAndNoFreeOne) {
  std::vector<Dropped> dropped;
  auto walkers = FindTcmalloc(target_, &dropped);
  ASSERT_EQ(walkers.size(), 1u);
  EXPECT_TRUE(dropped.empty());

  WalkedBlocks blocks;
  MemoryWindow window(*memory_);
  CensusTruth truth = ReadCensusTruth(truth_path_);
  uint64_t requests_known = 0;
  WalkedHeap walked = walkers[0]->Walk(window, [&](const BlockRun& run) {
    blocks.Add(run);
    auto block = truth.live.find(run.start.value());
    if (!run.requested_is_known || block == truth.live.end()) return;
    EXPECT_EQ(run.usable, block->second.bytes);
    ++requests_known;
  });
  EXPECT_EQ(requests_known > 100, GetParam().name == "Sampled");
  CensusErrors errors = blocks.Compare(truth);
  EXPECT_EQ(errors.missed, 0u);
  EXPECT_EQ(errors.freed_counted, 0u);
  EXPECT_EQ(errors.too_small, 0u);
  EXPECT_LT(errors.extra, 60u);  // of the libraries
  EXPECT_EQ(walked.discrepancy, 0u);
  EXPECT_EQ(walked.live_blocks, blocks.blocks().size());
  EXPECT_EQ(SizeOf(walked.heap), walked.live_bytes + walked.rounding_bytes + FreeBytes(walked));
  EXPECT_GT(SizeOf(walked.metadata), 0u);
  ExpectDisjoint(walked);
  for (const Dropped& drop : walked.dropped) ADD_FAILURE() << drop.what << drop.count << drop.why;
  std::printf("  %s\n  %lu found, %lu extra, %lu KiB read\n", walkers[0]->description().c_str(),
              errors.found, errors.extra, window.bytes_read() / 1024);
  for (const FreeBlocks& free : walked.free) {
    std::printf("  %s: %lu blocks, %lu bytes\n", free.where.c_str(), free.blocks, free.bytes);
  }
}

// A copy of what a walk reads, in which words can be changed and put back.
class DamagedCopy final : public Memory {
 public:
  explicit DamagedCopy(const Memory& memory) : memory_(memory) {}

  size_t Read(Address from, std::span<uint8_t> out) const override {
    constexpr uint64_t kPage = seep::testing::SparseMemory::kPage;
    for (uint64_t page = from.value() / kPage; page <= (from + (out.size() - 1)).value() / kPage;
         ++page) {
      if (!seen_.insert(page).second) continue;
      std::array<uint8_t, kPage> bytes;
      if (memory_.Read(Address(page * kPage), bytes) == kPage) copy_.Write(page * kPage, bytes);
    }
    return copy_.Read(from, out);
  }

  void Set(uint64_t address, uint64_t value) { copy_.Set(address, value); }

  // Of the words that are not zero, those in [begin, end).
  std::vector<uint64_t> Words(AddressRange range) const {
    std::vector<uint64_t> words;
    for (uint64_t at = (range.begin.value() + 7) / 8 * 8; at < range.end.value(); at += 8) {
      if (ReadWord(copy_, Address(at)).value_or(0) != 0) words.push_back(at);
    }
    return words;
  }

 private:
  const Memory& memory_;
  mutable seep::testing::SparseMemory copy_;
  mutable std::set<uint64_t> seen_;
};

// Words of the allocator's own data and metadata, replaced at random. SEEP_E2E_FUZZ_SECONDS: 3.
class CensusDamaged : public CensusTcmalloc {
 protected:
  using Words = std::vector<uint64_t>;

  CensusDamaged() { target_.memory = &copy_; }

  WalkedHeap Walk() {
    WalkedHeap walked;
    std::vector<Dropped> dropped;
    for (auto& walker : FindTcmalloc(target_, &dropped)) {
      MemoryWindow window(copy_);
      walked = walker->Walk(window, [](const BlockRun& run) { EXPECT_GT(run.count, 0u); });
    }
    return walked;
  }

  // To be called after a walk, which fills the copy.
  Words WordsOf(const WalkedHeap& walked) const {
    std::vector<AddressRange> ranges = walked.metadata;
    for (const LoadedModule& module : target_.modules) {
      for (const Segment& segment : module.segments) {
        if (segment.writable) ranges.push_back(segment.range);
      }
    }
    Words words;
    for (const AddressRange& range : ranges) {
      Words more = copy_.Words(range);
      words.insert(words.end(), more.begin(), more.end());
    }
    return words;
  }

  // Returns what was there before, by address.
  std::map<uint64_t, uint64_t> Damage(const Words& words, std::mt19937_64& random) {
    std::map<uint64_t, uint64_t> before;
    for (uint64_t i = 1 + random() % 200; i > 0; --i) {
      uint64_t at = words[random() % words.size()];
      uint64_t word = ReadWord(copy_, Address(at)).value_or(0);
      uint64_t other = ReadWord(copy_, Address(words[random() % words.size()])).value_or(0);
      uint64_t values[] = {random(), other, at, word + 8, word ^ uint64_t{1} << random() % 64};
      before.emplace(at, word);
      copy_.Set(at, values[random() % 5]);
    }
    return before;
  }

  DamagedCopy copy_{*memory_};
};

TEST_P(CensusDamaged, EndsWhateverItReads) {
  WalkedHeap whole = Walk();
  ASSERT_GT(whole.live_blocks, 1000u);
  Words words = WordsOf(whole);
  const char* text = getenv("SEEP_E2E_FUZZ_SECONDS");
  auto now = std::chrono::steady_clock::now();
  auto end = now + std::chrono::seconds(text != nullptr ? atoi(text) : 3);
  std::mt19937_64 random(11);
  uint64_t rounds = 0, walked = 0;
  std::chrono::nanoseconds longest{0};
  for (; now < end; ++rounds) {
    auto before = Damage(words, random);
    walked += Walk().live_blocks > 0;
    for (const auto& [at, word] : before) copy_.Set(at, word);
    auto after = std::chrono::steady_clock::now();
    longest = std::max(longest, std::chrono::nanoseconds(after - now));
    now = after;
  }
  EXPECT_GT(walked, rounds / 10);
  EXPECT_LT(longest, std::chrono::seconds(20));
  EXPECT_EQ(Walk().live_blocks, whole.live_blocks);
  std::printf("  %lu damaged heaps, %lu walked, the longest took %ld ms\n", rounds, walked,
              longest / std::chrono::milliseconds(1));
}

constexpr char kFull[] = SEEP_E2E_TCMALLOC_FULL;
constexpr char kMinimal[] = SEEP_E2E_TCMALLOC_MINIMAL;
INSTANTIATE_TEST_SUITE_P(
    Forms, CensusTcmalloc,
    ::testing::Values(
        Form{"Preloaded", "census_truth", kFull},
        Form{"PreloadedMinimal", "census_truth_stripped", kMinimal},
        Form{"PreloadedLargeBlock", "census_truth_no_rtti", kFull, {}, {"--mib", "2200"}},
        Form{"Sampled", "census_truth", kFull, {"TCMALLOC_SAMPLE_PARAMETER=16384"}},
        Form{"LongChains", "census_truth", kFull, {"TCMALLOC_TRANSFER_NUM_OBJ=2000"}},
        Form{"Decommitted", "census_truth", kMinimal, {"TCMALLOC_AGGRESSIVE_DECOMMIT=1"}},
        Form{"ManyObjects", "census_truth", kMinimal, {}, {"--objects", "30000"}},
        Form{"Linked", "census_truth_tcmalloc"},
        Form{"LinkedMinimalNoPie", "census_truth_tcmalloc_minimal"},
        Form{"Static", "census_truth_tcmalloc_static"},
        Form{"StaticLargeBlock", "census_truth_tcmalloc_static", "", {}, {"--mib", "2200"}},
        Form{"StaticPie", "census_truth_tcmalloc_static_pie"}),
    [](const ::testing::TestParamInfo<Form>& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(Forms, CensusDamaged,
                         ::testing::Values(Form{"Preloaded", "census_truth", kFull}),
                         [](const ::testing::TestParamInfo<Form>& info) {
                           return info.param.name;
                         });

}  // namespace
}  // namespace seep::e2e
