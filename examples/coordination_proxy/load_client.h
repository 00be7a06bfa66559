// One client of the proxy: sends its requests in batches and reads every answer.
#pragma once

#include <atomic>
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
  // All clients' answers so far, and how many they are after in all (UINT64_MAX: no end): whoever
  // is ahead of the others waits, so that good and bad requests come mixed to the end.
  std::atomic<uint64_t>* answered_by_all = nullptr;
  uint64_t requests_of_all = UINT64_MAX;
};

struct LoadResult {
  uint64_t answered = 0;
  uint64_t refused = 0;  // Of these: answered with ERR.
  bool connection_lost = false;
};

LoadResult RunLoadClient(const LoadPlan& plan);
