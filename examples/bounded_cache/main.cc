#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "examples/bounded_cache/entry.h"
#include "examples/bounded_cache/lru_cache.h"
#include "examples/support/program.h"

namespace {

using examples::Program;

struct Demand {
  uint64_t keys;
  double rate;  // Lookups a second of one thread; 0: as many as it can.
};

// Some keys are asked for much more often than others: with u uniform in [0, 1), u³ of the range.
uint64_t DrawKey(uint64_t keys, std::mt19937_64* random) {
  double u = std::generate_canonical<double, 53>(*random);
  return static_cast<uint64_t>(u * u * u * static_cast<double>(keys));
}

void LookUp(const std::stop_token& stop, Demand demand, uint64_t seed, cache::LruCache* cache) {
  constexpr uint64_t kBatch = 64;
  std::mt19937_64 random(seed);
  auto next = Program::Clock::now();
  while (!stop.stop_requested()) {
    for (uint64_t i = 0; i != kBatch; ++i) cache->Serve(DrawKey(demand.keys, &random));
    if (demand.rate <= 0) continue;
    std::chrono::duration<double> pause(static_cast<double>(kBatch) / demand.rate);
    next += std::chrono::duration_cast<Program::Clock::duration>(pause);
    std::this_thread::sleep_until(next);
  }
}

cache::LruCache::Make MakeEntries(examples::Truth* truth) {
  auto* pages = truth->Objects("cache::PageEntry", sizeof(cache::PageEntry));
  auto* thumbnails = truth->Objects("cache::ThumbnailEntry", sizeof(cache::ThumbnailEntry));
  return [=](uint64_t key) -> std::unique_ptr<cache::Entry> {
    if (key % 3 == 0) return std::make_unique<cache::ThumbnailEntry>(key, thumbnails);
    return std::make_unique<cache::PageEntry>(key, pages);
  };
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t capacity = 20000;
  Demand demand = {.keys = 100000, .rate = 50000};
  uint64_t threads = 2;
  Program program("bounded_cache", "A cache that fills, stays full and keeps changing: no leak.");
  program.flags().Add("capacity", &capacity, "entries at most (default 20000)");
  program.flags().Add("keys", &demand.keys, "different keys asked for (default 100000)");
  program.flags().Add("rate", &demand.rate,
                      "lookups a second of all threads (default 50000; 0: no limit)");
  program.flags().Add("threads", &threads, "that look up (default 2, at most 64)");
  if (std::optional<int> exit_status = program.Start(argc, argv)) return *exit_status;
  threads = std::clamp<uint64_t>(threads, 1, 64);
  demand.rate /= static_cast<double>(threads);

  cache::LruCache cache(capacity, MakeEntries(&program.truth()), &program.truth());
  {
    std::vector<std::jthread> lookups;
    for (uint64_t seed = 0; seed != threads; ++seed) {
      lookups.emplace_back(LookUp, demand, seed, &cache);
    }
    program.RunUntil(Program::Clock::time_point::max());
  }
  program.PrintTruth();
  return 0;
}
