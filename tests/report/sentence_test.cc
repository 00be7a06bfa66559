#include "report/sentence.h"

#include "gtest/gtest.h"
#include "tests/report/samples.h"

namespace seep {
namespace {

TEST(Sentence, TellsTheProxysStory) {
  EXPECT_EQ(Join(Sentence(ProxyFindings(), NameForm::kFull)),
            "932,295 ± 31,000 objects (59.6 ± 2.0 MB) of common::Closure<void, proxy::Env*> are "
            "alive, 99.7 % of them as common::internal::MethodClosure<false, RequestHandler, void, "
            "proxy::Env*>, 99.7 % allocated at RequestHandler::HandleCheck(proxy::Env*) "
            "(io_handler.cc:57), 99.0 % under label cluster=payments-old; of 30,211 sampled there, "
            "0 were freed; the oldest is 42 s old. That is 88 % of the live heap, and 1.4 MB/s "
            "(22,197 objects/s) on average over the 42 s observed.");
}

TEST(Sentence, NeverSaysThatThereIsNoLeak) {
  Findings findings;
  findings.observation_s = 30;
  findings.process.sample_interval = 512 << 10;
  findings.process.bytes_allocated = 100'000;
  EXPECT_EQ(Join(Sentence(findings, NameForm::kFull)),
            "Nothing can be said yet: no sampled block is alive after 30 s of observation and 100 "
            "kB allocated, at one sample per 512 KiB.");
}

TEST(Sentence, SaysThatAllWasFreed) {
  Findings findings;
  findings.observation_s = 4;
  findings.turnover.emplace();
  findings.turnover->born.objects.samples = 203;
  findings.turnover->died.objects.samples = 203;
  EXPECT_EQ(
      Join(Sentence(findings, NameForm::kFull)),
      "No sampled block is alive after 4.0 s of observation; of 203 sampled, 203 were freed.");
}

TEST(Sentence, SaysOnlyWhatIsKnown) {
  Findings findings;
  Headline headline;
  headline.live.objects = Estimate::Of(1, 1);
  headline.live.bytes = Estimate::Of(64, 1);
  headline.share_of_live = 1;
  headline.oldest_s = 3;
  findings.headline = headline;
  EXPECT_EQ(Join(Sentence(findings, NameForm::kFull)),
            "1 object (64 B) without a known class is alive; the oldest is 3.0 s old. That is 100 "
            "% of the live heap.");
}

TEST(Sentence, SaysHowObjectsLieInTheirBlocks) {
  Findings findings;
  Headline headline;
  headline.klass = "order::OrderLock";
  headline.short_klass = "OrderLock";
  headline.form = "hash node";
  headline.live.objects.value = 2;
  findings.headline = headline;
  std::string sentence = Join(Sentence(findings, NameForm::kShort));
  EXPECT_EQ(sentence.substr(0, sentence.find('.')),
            "2 objects (0 B) of OrderLock [hash node] are alive");
}

}  // namespace
}  // namespace seep
