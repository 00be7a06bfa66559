// The lock of one order, in two versions that Seep has to name in two ways: by its vtable, or,
// built with ORDER_LOCKS_PLAIN, where there is none, by the call site's template arguments.
#pragma once

#include <mutex>
#include <utility>

#include "examples/support/truth.h"

namespace order {

#ifdef ORDER_LOCKS_PLAIN

struct OrderLock {
  explicit OrderLock(examples::ObjectTally* tally) : counted(tally) {}
  void lock() { mutex.lock(); }
  void unlock() { mutex.unlock(); }

  std::mutex mutex;
  examples::Counted counted;
};

using Lock = OrderLock;

#else

// Within one process here; in a real service its like is implemented over a network, too.
class DistributedLock {
 public:
  virtual ~DistributedLock() = default;
  virtual void lock() = 0;
  virtual void unlock() = 0;
};

class OrderLock final : public DistributedLock {
 public:
  explicit OrderLock(examples::ObjectTally* tally) : counted_(tally) {}
  void lock() override { mutex_.lock(); }
  void unlock() override { mutex_.unlock(); }

 private:
  std::mutex mutex_;
  examples::Counted counted_;
};

using Lock = DistributedLock;

#endif

}  // namespace order
