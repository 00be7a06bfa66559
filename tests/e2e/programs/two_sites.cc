// two_sites: leaks one class from two places, as it is told, a line at a time; answers "ok":
//
//   accept COUNT | retry COUNT    so many Orders more, labelled path=accept or path=retry
//   churn MIB                     allocates and frees
//   sleep SECONDS
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "profiler/include/seep/seep.h"

struct Order {
  virtual ~Order() = default;
  uint64_t words[4] = {};
};

namespace {

std::vector<Order*> g_orders;

[[gnu::noinline]] void AcceptOrders(size_t count) {
  seep::ScopedLabel label("path", "accept");
  for (size_t i = 0; i < count; ++i) g_orders.push_back(new Order);
}

// Not the same code: compilers merge equal functions.
[[gnu::noinline]] void RetryOrders(size_t count) {
  seep::ScopedLabel label("path", "retry");
  for (size_t i = 0; i < count; ++i) g_orders.emplace_back(new Order)->words[0] = i;
}

void Churn(size_t mib) {
  for (size_t i = 0; i < mib << 10; ++i) {
    void* volatile block = malloc(1024);
    free(block);
  }
}

}  // namespace

int main() {
  std::string verb;
  size_t count = 0;
  while (std::cin >> verb >> count) {
    if (verb == "accept") AcceptOrders(count);
    if (verb == "retry") RetryOrders(count);
    if (verb == "churn") Churn(count);
    if (verb == "sleep") std::this_thread::sleep_for(std::chrono::seconds(count));
    std::cout << "ok" << std::endl;
  }
}
