// Ships orders: the steps of an order are taken by any threads, but one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "examples/order_locks/lock_service.h"
#include "examples/order_locks/task_queue.h"
#include "examples/support/truth.h"

namespace order {

class Warehouse {
 public:
  Warehouse(LockService* locks, size_t threads, examples::Truth* truth);
  // Finishes what was ordered.
  ~Warehouse();

  // Waits when the threads do not keep up.
  void Ship(uint64_t number);

 private:
  static constexpr int kSteps = 3;  // Pick, pack, hand over.
  struct Order {
    explicit Order(uint64_t n) : number(n) {}
    const uint64_t number;
    int steps_done = 0;  // Guarded by the order's lock in the LockService.
  };

  void Work();

  LockService* locks_;
  examples::EventTally* orders_;
  examples::EventTally* shipped_;
  TaskQueue<std::shared_ptr<Order>> steps_;
  std::vector<std::thread> threads_;
};

}  // namespace order
