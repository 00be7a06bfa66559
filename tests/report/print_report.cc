// print_report FORMAT SAMPLE: a report on standard output, for tests that are not written in C++.
// FORMAT: text, wide, json, growth (json of two looks), html. SAMPLE: proxy, hostile, empty, or
// "name", which prints the hostile name itself, made visible.
#include <cstdio>
#include <string>

#include "report/escape.h"
#include "report/html.h"
#include "report/json.h"
#include "report/text.h"
#include "tests/report/samples.h"

namespace {

seep::Findings Sample(const std::string& name) {
  if (name == "hostile") return seep::HostileFindings(seep::HostileName());
  if (name == "empty") return {};
  return seep::ProxyFindings();
}

std::string Report(const std::string& format, const std::string& sample) {
  if (sample == "name") return seep::Visible(seep::HostileName());
  if (format == "json") return seep::Json(Sample(sample));
  if (format == "growth") {
    seep::Findings now = Sample(sample);
    return seep::Json(now, seep::GrowthBetween({}, now));
  }
  if (format == "html") return seep::Html(Sample(sample));
  seep::TextOptions options;
  options.next_command = "seep report proxy.rec -o leak.html";
  if (format == "wide") options.width = 140;
  return seep::Text(Sample(sample), options);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::string report = Report(argv[1], argv[2]);
  return std::fwrite(report.data(), 1, report.size(), stdout) == report.size() ? 0 : 1;
}
