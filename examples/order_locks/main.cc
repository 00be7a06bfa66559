#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "examples/order_locks/lock_service.h"
#include "examples/order_locks/warehouse.h"
#include "examples/support/program.h"

namespace {

using examples::Program;

#ifdef ORDER_LOCKS_PLAIN
constexpr char kName[] = "order_locks_plain";
#else
constexpr char kName[] = "order_locks";
#endif

// False: the program is to end before all are shipped.
bool ShipOrders(uint64_t orders, double rate, Program* program, order::Warehouse* warehouse) {
  const auto start = Program::Clock::now();
  for (uint64_t number = 1; orders == 0 || number <= orders; ++number) {
    std::chrono::duration<double> due(rate > 0 ? static_cast<double>(number) / rate : 0.0);
    auto when = start + std::chrono::duration_cast<std::chrono::nanoseconds>(due);
    if (!program->RunUntil(when)) return false;
    warehouse->Ship(number);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t orders = 0;
  double rate = 2000;
  uint64_t linger = 0;
  uint64_t threads = 4;
  bool fixed = false;
  Program program(kName, "A lock service that keeps a lock for every order it ever saw.");
  program.flags().Add("orders", &orders, "stop ordering after so many (default 0: no end)");
  program.flags().Add("rate", &rate, "orders a second (default 2000; 0: as fast as it can)");
  program.flags().Add("linger", &linger, "stay for so many seconds after the last order");
  program.flags().Add("threads", &threads, "that process orders (default 4, at most 64)");
  program.flags().Add("fixed", &fixed, "remove each lock that nobody holds or waits for");
  if (std::optional<int> exit_status = program.Start(argc, argv)) return *exit_status;

  using Removal = order::LockService::Removal;
  order::LockService locks(fixed ? Removal::kWhenUnused : Removal::kNever, &program.truth());
  {
    order::Warehouse warehouse(&locks, std::clamp<uint64_t>(threads, 1, 64), &program.truth());
    if (ShipOrders(orders, rate, &program, &warehouse)) {
      linger = std::min<uint64_t>(linger, 86400);
      program.RunUntil(Program::Clock::now() + std::chrono::seconds(linger));
    }
  }
  program.PrintTruth();
  return 0;
}
