#include "tests/e2e/support/seep_command.h"

#include <gtest/gtest.h>

namespace seep::e2e {

using nlohmann::json;

Outcome Seep(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {Program("seep")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return RunToEnd({.command = command});
}

json ReportOf(const std::string& target) {
  Outcome outcome = Seep({"report", target, "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  json report = json::parse(outcome.out, nullptr, false);
  EXPECT_TRUE(report.is_object()) << outcome.out.substr(0, 200);
  EXPECT_EQ(report.value("format", ""), "seep-report");
  return report;
}

json RowOf(const json& table, const std::string& name) {
  for (const json& row : table) {
    if (row.value("name", "") == name) return row;
  }
  return nullptr;
}

double ObjectsOf(const json& report, const std::string& class_name) {
  double objects = 0;
  for (const json& row : report["classes"]) {
    if (row["name"] == class_name) objects += row["objects"]["value"].get<double>();
  }
  return objects;
}

json TruthOf(const std::string& program, const std::string& file) {
  Outcome outcome = RunToEnd({.command = {Program(program), "--print-truth", file}});
  json truth = json::parse(outcome.out, nullptr, false);
  return truth.is_object() ? truth["truth"] : json();
}

double TrueObjects(const json& truth, const std::string& class_name) {
  double objects = 0;
  if (!truth.is_object()) return objects;
  for (const json& row : truth["objects"]) {
    if (row["class"] == class_name) objects += row["live_objects"].get<double>();
  }
  return objects;
}

}  // namespace seep::e2e
