#include "report/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/report/samples.h"

namespace seep {
namespace {

using ::testing::ElementsAre;
using Object = nlohmann::ordered_json;

// The keys of the contract come first and in its order; what was added comes after.
std::vector<std::string> FirstKeys(const Object& object, size_t count = 100) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  keys.resize(std::min(count, keys.size()));
  return keys;
}

TEST(Json, KeepsTheContractsOrder) {
  Object report = Object::parse(Json(ProxyFindings()));
  EXPECT_THAT(FirstKeys(report, 9),
              ElementsAre("format", "version", "process", "classes", "base_classes", "sites",
                          "labels", "accounting", "dropped"));
  EXPECT_EQ(report["format"], "seep-report");
  EXPECT_EQ(report["version"], 1);
  for (const char* table : {"classes", "base_classes"}) {
    EXPECT_THAT(FirstKeys(report[table][0], 9),
                ElementsAre("name", "bases", "module", "evidence", "objects", "bytes", "age_s",
                            "sites", "labels"));
  }
  const Object& row = report["classes"][0];
  EXPECT_THAT(FirstKeys(row["objects"]), ElementsAre("value", "std_error", "samples"));
  EXPECT_THAT(FirstKeys(row["bytes"]), ElementsAre("value", "std_error"));
  EXPECT_THAT(FirstKeys(row["age_s"]), ElementsAre("oldest", "median"));
  EXPECT_THAT(FirstKeys(row["sites"][0], 4),
              ElementsAre("frames", "truncated", "objects", "bytes"));
  EXPECT_THAT(FirstKeys(row["sites"][0]["frames"][0], 5),
              ElementsAre("function", "file", "line", "module", "inlined"));
  EXPECT_THAT(FirstKeys(row["labels"][0]), ElementsAre("key", "value", "objects", "bytes"));
  EXPECT_THAT(FirstKeys(report["sites"][0], 4),
              ElementsAre("frames", "truncated", "objects", "bytes"));
  EXPECT_THAT(FirstKeys(report["accounting"][0]), ElementsAre("row", "reserved", "resident"));
  EXPECT_THAT(FirstKeys(report["dropped"][0]), ElementsAre("what", "count", "why"));
}

TEST(Json, CarriesTheFindings) {
  Findings findings = ProxyFindings();
  Object report = Object::parse(Json(findings));
  EXPECT_EQ(report["base_classes"][0]["name"], "common::Closure<void, proxy::Env*>");
  EXPECT_EQ(report["base_classes"][0]["members"][0]["name"],
            "common::internal::MethodClosure<false, RequestHandler, void, proxy::Env*>");
  const Object& row = report["classes"][0];
  EXPECT_EQ(row["bases"][0], "common::Closure<void, proxy::Env*>");
  EXPECT_EQ(row["objects"]["value"], findings.classes[0].live.objects.value);
  EXPECT_EQ(row["bytes"]["std_error"], findings.classes[0].live.bytes.std_error());
  EXPECT_EQ(row["sites"][0]["frames"][2]["function"], "RequestHandler::HandleCheck(proxy::Env*)");
  EXPECT_EQ(row["sites"][0]["frames"][2]["line"], 57);
  EXPECT_EQ(row["sites"][0]["truncated"], false);
  EXPECT_EQ(row["labels"][0]["value"], "payments-old");
  EXPECT_EQ(report["sites"].size(), findings.sites.size());
  EXPECT_EQ(report["process"]["pid"], 4242);
  EXPECT_EQ(report["process"]["swap"], nullptr);
  EXPECT_EQ(report["headline"]["place"]["line"], 57);
}

TEST(Json, CarriesGrowthWhereThereAreTwoLooks) {
  Findings earlier = ProxyFindings(), later = earlier;
  later.observation_s += 10;
  later.classes[0].live.bytes.value -= 500;
  EXPECT_EQ(Object::parse(Json(later))["growth"], nullptr);
  Object growth = Object::parse(Json(later, GrowthBetween(earlier, later)))["growth"];
  EXPECT_EQ(growth["seconds"], 10);
  ASSERT_EQ(growth["classes"].size(), 1u);
  const Object& row = growth["classes"][0];
  EXPECT_EQ(row["name"], later.classes[0].name);
  EXPECT_EQ(row["bytes"], -500);
  EXPECT_EQ(row["bytes_per_s"], -50);
  EXPECT_EQ(row["now"]["bytes"]["value"], later.classes[0].live.bytes.value);
  EXPECT_EQ(growth["seconds_to_limit"], nullptr);
}

TEST(Json, EmptyFindingsAreAWholeReport) {
  Object report = Object::parse(Json(Findings{}));
  EXPECT_TRUE(report["classes"].is_array());
  EXPECT_TRUE(report["classes"].empty());
  EXPECT_EQ(report["headline"], nullptr);
}

TEST(Json, HostileNamesComeBackAsTheyWere) {
  std::string name = HostileName();
  // JSON holds Unicode: the one byte that is no UTF-8 is replaced, all else is kept.
  size_t bad = name.find('\xff');
  std::string kept = name.substr(0, bad) + "\xef\xbf\xbd" + name.substr(bad + 1);
  Object report = Object::parse(Json(HostileFindings(name)));
  EXPECT_EQ(report["classes"][0]["name"], kept);
  EXPECT_EQ(report["base_classes"][0]["name"], "Base" + kept);
  EXPECT_EQ(report["sites"][0]["frames"][1]["function"], kept);
  EXPECT_EQ(report["sites"][0]["frames"][1]["file"], kept);
  EXPECT_EQ(report["labels"][0]["value"], kept);
  EXPECT_EQ(report["notices"][0]["text"], kept);
}

}  // namespace
}  // namespace seep
