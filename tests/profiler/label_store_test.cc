// Labels as the recording gets them: chains of scopes, few of them, short.
#include "profiler/label_store.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "profiler/include/seep/seep.h"
#include "profiler/limits.h"
#include "profiler/mirror.h"
#include "profiler/string_pool.h"
#include "tests/profiler/in_child.h"
#include "tests/profiler/private_mirror.h"

namespace seep::profiler {
namespace {

// Scopes from the outermost inwards.
class Scopes {
 public:
  Scopes& Push(const char* key, const std::string& value) {
    labels_.push_back(
        std::make_unique<seep_label>(seep_label{innermost(), key, value.data(), value.size()}));
    return *this;
  }
  const seep_label* innermost() const { return labels_.empty() ? nullptr : labels_.back().get(); }

 private:
  std::vector<std::unique_ptr<seep_label>> labels_;
};

recording::LabelRecord Row(uint32_t id) {
  return *MirrorRecord<recording::LabelRecord>(recording::kLabels, id);
}

uint32_t Intern(const char* key, const std::string& value) {
  return InternLabels(Scopes().Push(key, value).innermost());
}

class LabelStoreTest : public ::testing::Test {
 protected:
  void Start() {
    ReserveLabelRows();
    mirror_.Attach();
    MirrorAllLabels();
  }
  PrivateMirror mirror_;
};

TEST_F(LabelStoreTest, NoScopeIsNoLabel) {
  InChild([&] {
    Start();
    EXPECT_EQ(InternLabels(nullptr), 0u);
    EXPECT_EQ(Row(0).ready, 0u);
    EXPECT_EQ(Text(Row(recording::kLabelOther).value), "(other)");
  });
}

TEST_F(LabelStoreTest, EqualChainsAreOneLabel) {
  InChild([&] {
    Start();
    uint32_t a = Intern("cluster", "a");
    EXPECT_GT(a, recording::kLabelOther);
    EXPECT_EQ(Intern("cluster", "a"), a);
    EXPECT_NE(Intern("cluster", "b"), a);
    EXPECT_NE(Intern("client", "a"), a);
    EXPECT_NE(Intern("cluster", std::string("a\0b", 3)), a);
    EXPECT_NE(Intern("clustera", ""), a) << "where the key ends matters";
    EXPECT_EQ(Text(Row(a).key), "cluster");
    EXPECT_EQ(Text(Row(a).value), "a");
    EXPECT_EQ(Row(a).parent, 0u);
  });
}

TEST_F(LabelStoreTest, InnerScopesKeepTheirOuterOnes) {
  InChild([&] {
    Start();
    uint32_t id = InternLabels(Scopes().Push("cluster", "a").Push("request", "7").innermost());
    EXPECT_EQ(Text(Row(id).key), "request");
    EXPECT_EQ(Text(Row(Row(id).parent).value), "a");
    EXPECT_EQ(Row(id).parent, Intern("cluster", "a"));
    EXPECT_NE(Intern("request", "7"), id);
  });
}

TEST_F(LabelStoreTest, OfDeepNestingTheInnermostEightAreKept) {
  InChild([&] {
    Start();
    Scopes scopes;
    std::vector<std::string> values;
    for (int i = 0; i < 20; ++i) values.push_back(std::to_string(i));
    for (const std::string& value : values) scopes.Push("depth", value);
    uint32_t id = InternLabels(scopes.innermost());
    for (int i = 19; i >= 12; --i, id = Row(id).parent) EXPECT_EQ(Text(Row(id).value), values[i]);
    EXPECT_EQ(id, 0u);
  });
}

TEST_F(LabelStoreTest, LongTextsAreCut) {
  InChild([&] {
    Start();
    std::string key(1000, 'k');
    uint32_t id = Intern(key.c_str(), std::string(1'000'000, 'v'));
    EXPECT_EQ(Text(Row(id).key), std::string(256, 'k'));
    EXPECT_EQ(Text(Row(id).value), std::string(256, 'v'));
  });
}

TEST_F(LabelStoreTest, ScopesOfNothing) {
  InChild([&] {
    Start();
    seep_label no_key{nullptr, nullptr, "x", 1};
    EXPECT_EQ(InternLabels(&no_key), 0u);
    seep_label no_value{nullptr, "key", nullptr, 100};
    EXPECT_EQ(Text(Row(InternLabels(&no_value)).value), "");
    EXPECT_EQ(CounterValue(recording::kLabelsOther), 0u);
  });
}

TEST_F(LabelStoreTest, BeyondItsCapacityAllIsOther) {
  InChild([&] {
    Start();
    uint32_t first = Intern("request", "0");
    for (int i = 1; i < 10'000; ++i) Intern("request", std::to_string(i));
    EXPECT_EQ(CounterValue(recording::kLabelsOther), 10'000u - (kLabelCapacity - 2));
    EXPECT_EQ(Intern("request", "9999"), recording::kLabelOther);
    EXPECT_EQ(Intern("request", "0"), first) << "what is known stays known";
    EXPECT_EQ(InternLabels(Scopes().Push("request", "9999").Push("inner", "x").innermost()),
              recording::kLabelOther);
  });
}

TEST_F(LabelStoreTest, WithoutRoomForTheTextAllIsOther) {
  InChild([&] {
    Start();
    for (size_t length : {1000, 1}) {  // down to the last byte
      while (AddString(std::string(length, 's')).length != 0) {
      }
    }
    uint64_t full = CounterValue(recording::kStringsFull);
    EXPECT_EQ(Intern("cluster", std::string(200, 'x')), recording::kLabelOther);
    EXPECT_GT(CounterValue(recording::kStringsFull), full);
  });
}

}  // namespace
}  // namespace seep::profiler
