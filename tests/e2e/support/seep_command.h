// The command line under test.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/support/process.h"

namespace seep::e2e {

// seep ARGUMENTS…
Outcome Seep(const std::vector<std::string>& arguments);

// What `seep report TARGET --json` prints. Fails the test where that is no report.
nlohmann::json ReportOf(const std::string& target);

// The row of that name in one of the report's tables; null if there is none.
nlohmann::json RowOf(const nlohmann::json& table, const std::string& name);

// Objects of a class in a report, over all rows of that name: one for each form and module.
double ObjectsOf(const nlohmann::json& report, const std::string& class_name);

// How many of its rows have just a vtable for a name, and so many objects.
int NamelessRowsOf(const nlohmann::json& report, double objects);

// What an example says of itself by --print-truth.
nlohmann::json TruthOf(const std::string& program, const std::string& file);

// Σ over the truth's rows of that class.
double TrueObjects(const nlohmann::json& truth, const std::string& class_name);

}  // namespace seep::e2e
