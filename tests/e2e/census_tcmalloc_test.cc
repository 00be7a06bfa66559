// Walks of programs that say themselves what is live, over gperftools' tcmalloc in every form that
// it comes in.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>

#include "heap/process_memory.h"
#include "heap/tcmalloc/find.h"
#include "tests/e2e/support/census_truth.h"
#include "tests/e2e/support/process.h"

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

class CensusTcmalloc : public testing::TestWithParam<Form> {
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

  std::string truth_path_ = testing::TempDir() + "census." + std::to_string(getpid());
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
  WalkedHeap walked = walkers[0]->Walk(window, blocks.sink());
  CensusErrors errors = blocks.Compare(ReadCensusTruth(truth_path_));
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

constexpr char kFull[] = SEEP_E2E_TCMALLOC_FULL;
constexpr char kMinimal[] = SEEP_E2E_TCMALLOC_MINIMAL;
INSTANTIATE_TEST_SUITE_P(
    Forms, CensusTcmalloc,
    testing::Values(
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
    [](const testing::TestParamInfo<Form>& info) { return info.param.name; });

}  // namespace
}  // namespace seep::e2e
