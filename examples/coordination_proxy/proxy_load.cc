// Drives the proxy with good and bad clients and says what they saw.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "examples/coordination_proxy/load_client.h"
#include "examples/coordination_proxy/port_file.h"
#include "examples/support/flags.h"
#include "examples/support/json.h"

namespace {

struct LoadOptions {
  uint64_t port = 0;
  std::string port_file;
  uint64_t seconds = 60;
  uint64_t requests = 0;
  uint64_t clients = 4;
  double bad_share = 0.25;
  std::string bad_cluster = "ordering_v1";
  double rate = 0;
  uint64_t batch = 64;
  uint64_t keys = 5000;
};

std::optional<int> ParseOptions(int argc, char** argv, LoadOptions* options) {
  examples::Flags flags("Good and bad clients for coordination_proxy.");
  flags.Add("port", &options->port, "of the proxy on 127.0.0.1");
  flags.Add("port-file", &options->port_file, "or: read it from here, when it appears (10 s)");
  flags.Add("seconds", &options->seconds, "end after this long (default 60, at most 86400)");
  flags.Add("requests", &options->requests, "end after exactly so many (default 0: no end)");
  flags.Add("clients", &options->clients, "connections, a thread each (default 4, at most 128)");
  flags.Add("bad-share", &options->bad_share, "share of bad requests, 0 to 1 (default 0.25)");
  flags.Add("bad-cluster", &options->bad_cluster, "what they ask for (default ordering_v1)");
  flags.Add("rate", &options->rate, "requests a second, all clients (default 0: no limit)");
  flags.Add("batch", &options->batch, "requests sent before answers are read (default 64)");
  flags.Add("keys", &options->keys, "different keys asked for (default 5000)");
  if (std::optional<int> exit_status = flags.Parse(argc, argv)) return exit_status;
  options->seconds = std::min<uint64_t>(options->seconds, 86400);
  options->clients = std::clamp<uint64_t>(options->clients, 1, 128);
  options->bad_share = std::min(options->bad_share, 1.0);
  options->batch = std::clamp<uint64_t>(options->batch, 1, 1024);
  options->keys = std::max<uint64_t>(options->keys, 1);
  if (!options->port_file.empty()) {
    options->port = ReadPortFile(options->port_file, std::chrono::seconds(10)).value_or(0);
  }
  if (options->port > 0 && options->port <= UINT16_MAX) return std::nullopt;
  fprintf(stderr, "no proxy: --port or --port-file is needed\n");
  return 2;
}

// Gives `requests` and `rate` to `clients` in equal parts; the first clients take what is over.
void AddPlans(const LoadPlan& common, const std::vector<std::string>& clusters, uint64_t clients,
              uint64_t requests, double rate, std::vector<LoadPlan>* plans) {
  for (uint64_t i = 0; i != clients; ++i) {
    LoadPlan plan = common;
    plan.cluster = clusters[i % clusters.size()];
    plan.seed = plans->size();
    plan.requests =
        requests == UINT64_MAX ? UINT64_MAX : requests / clients + (i < requests % clients ? 1 : 0);
    plan.rate = rate / static_cast<double>(clients);
    plans->push_back(plan);
  }
}

// A client is good or bad for life. With a number of requests or a rate the bad share is exact;
// without, it is the share of bad clients.
std::vector<LoadPlan> MakePlans(const LoadOptions& options, std::atomic<uint64_t>* answered) {
  LoadPlan common;
  common.answered_by_all = answered;
  if (options.requests > 0) common.requests_of_all = options.requests;
  common.port = static_cast<uint16_t>(options.port);
  common.batch = options.batch;
  common.keys = options.keys;
  common.end = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);

  auto share_of = [&](uint64_t whole) {
    return static_cast<uint64_t>(std::llround(static_cast<double>(whole) * options.bad_share));
  };
  bool has_bad = options.bad_share > 0;
  bool has_good = options.bad_share < 1;
  uint64_t bad_clients = has_bad ? std::max<uint64_t>(share_of(options.clients), 1) : 0;
  uint64_t good_clients =
      has_good ? std::max<uint64_t>(options.clients - std::min(bad_clients, options.clients), 1)
               : 0;
  uint64_t bad_requests = options.requests > 0 ? share_of(options.requests) : UINT64_MAX;
  uint64_t good_requests = options.requests > 0 ? options.requests - bad_requests : UINT64_MAX;

  std::vector<LoadPlan> plans;
  AddPlans(common, {options.bad_cluster}, bad_clients, bad_requests,
           options.rate * options.bad_share, &plans);
  AddPlans(common, {"ordering_v2", "billing", "inventory"}, good_clients, good_requests,
           options.rate * (1 - options.bad_share), &plans);
  return plans;
}

LoadResult RunAll(const std::vector<LoadPlan>& plans) {
  std::vector<LoadResult> results(plans.size());
  std::vector<std::jthread> threads;
  for (size_t i = 0; i != plans.size(); ++i) {
    threads.emplace_back([&, i] { results[i] = RunLoadClient(plans[i]); });
  }
  threads.clear();
  LoadResult total;
  for (const LoadResult& result : results) {
    total.answered += result.answered;
    total.refused += result.refused;
    total.connection_lost |= result.connection_lost;
  }
  return total;
}

}  // namespace

int main(int argc, char** argv) {
  LoadOptions options;
  if (std::optional<int> exit_status = ParseOptions(argc, argv, &options)) return *exit_status;
  auto start = std::chrono::steady_clock::now();
  std::atomic<uint64_t> answered = 0;
  LoadResult total = RunAll(MakePlans(options, &answered));
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  examples::JsonWriter json;
  json.BeginObject().BeginObject("load");
  json.Value("answered", total.answered).Value("refused", total.refused);
  json.Value("seconds", seconds.count());
  json.Value("requests_per_second", static_cast<double>(total.answered) / seconds.count());
  json.EndObject().EndObject();
  printf("%s\n", json.text().c_str());
  if (total.connection_lost) fprintf(stderr, "the proxy closed the connection\n");
  return total.connection_lost ? 1 : 0;
}
