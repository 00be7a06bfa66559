// One client of the proxy: sends its requests in batches and reads every answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

struct LoadPlan {
  uint16_t port = 0;
  std::string cluster;
  uint64_t seed = 0;
  uint64_t requests = 0;  // Exactly so many, unless the time is over first.
  uint64_t batch = 64;    // Requests sent before their answers are read.
  uint64_t keys = 5000;   // Different keys, drawn uniformly.
  double rate = 0;        // Requests a second; 0: as fast as answered.
  std::chrono::steady_clock::time_point end;
};

struct LoadResult {
  uint64_t answered = 0;
  uint64_t refused = 0;  // Of these: answered with ERR.
  bool connection_lost = false;
};

LoadResult RunLoadClient(const LoadPlan& plan);
