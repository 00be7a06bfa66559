#include "examples/order_locks/warehouse.h"

#include <optional>
#include <string>

namespace order {

Warehouse::Warehouse(LockService* locks, size_t threads, examples::Truth* truth)
    : locks_(locks),
      orders_(truth->Events("orders")),
      shipped_(truth->Events("orders_shipped")),
      steps_(/*capacity=*/256) {
  for (size_t i = 0; i != threads; ++i) threads_.emplace_back(&Warehouse::Work, this);
}

Warehouse::~Warehouse() {
  steps_.Close();
  for (std::thread& thread : threads_) thread.join();
}

void Warehouse::Ship(uint64_t number) {
  orders_->Add();
  auto order = std::make_shared<Order>(number);
  for (int step = 0; step != kSteps; ++step) steps_.Push(order);
}

void Warehouse::Work() {
  while (std::optional<std::shared_ptr<Order>> task = steps_.Pop()) {
    Order& order = **task;
    locks_->lock_and_perform("order-" + std::to_string(order.number), [&] {
      if (++order.steps_done == kSteps) shipped_->Add();
    });
  }
}

}  // namespace order
