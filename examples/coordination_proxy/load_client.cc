#include "examples/coordination_proxy/load_client.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string_view>
#include <thread>

#include "examples/coordination_proxy/socket.h"

namespace {

// Reads the answers to `count` requests.
bool ReadAnswers(const Socket& socket, uint64_t count, LoadResult* result) {
  std::string received;
  for (uint64_t read = 0; read != count;) {
    if (!socket.Receive(&received)) return false;
    size_t begin = 0;
    for (size_t end; (end = received.find('\n', begin)) != std::string::npos; begin = end + 1) {
      ++read;
      ++result->answered;
      if (std::string_view(received).substr(begin).starts_with("ERR")) ++result->refused;
    }
    received.erase(0, begin);
  }
  return true;
}

void KeepRate(const LoadPlan& plan, std::chrono::steady_clock::time_point start, uint64_t sent) {
  if (plan.rate <= 0) return;
  std::chrono::duration<double> due(static_cast<double>(sent) / plan.rate);
  auto next = start + std::chrono::duration_cast<std::chrono::nanoseconds>(due);
  std::this_thread::sleep_until(std::min(next, plan.end));
}

// Waits while this client is more than a hundredth of its work ahead of all clients together.
void StayInStep(const LoadPlan& plan, uint64_t answered) {
  if (plan.requests == UINT64_MAX) return;
  double mine = static_cast<double>(answered) / static_cast<double>(plan.requests);
  auto all = [&] {
    return static_cast<double>(plan.answered_by_all->load(std::memory_order_relaxed)) /
           static_cast<double>(plan.requests_of_all);
  };
  while (mine > all() + 0.01 && std::chrono::steady_clock::now() < plan.end) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

}  // namespace

LoadResult RunLoadClient(const LoadPlan& plan) {
  LoadResult result;
  std::optional<Socket> socket = Socket::Connect(plan.port);
  if (!socket) return {.connection_lost = true};
  std::mt19937_64 random(plan.seed);
  const auto start = std::chrono::steady_clock::now();
  std::string requests;
  while (result.answered != plan.requests && std::chrono::steady_clock::now() < plan.end) {
    uint64_t count = std::min(plan.batch, plan.requests - result.answered);
    requests.clear();
    for (uint64_t i = 0; i != count; ++i) {
      requests += "GET " + plan.cluster + " key-" + std::to_string(random() % plan.keys) + "\n";
    }
    if (!socket->SendAll(requests) || !ReadAnswers(*socket, count, &result)) {
      result.connection_lost = true;
      break;
    }
    plan.answered_by_all->fetch_add(count, std::memory_order_relaxed);
    KeepRate(plan, start, result.answered);
    StayInStep(plan, result.answered);
  }
  return result;
}
