// A lock for every key, made when the key is first locked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "examples/order_locks/order_lock.h"
#include "examples/support/truth.h"

namespace order {

class LockService {
 public:
  enum class Removal {
    kNever,       // The bug: a lock for every order there ever was.
    kWhenUnused,  // The fix.
  };
  LockService(Removal removal, examples::Truth* truth);

  // Calls `fn` while nobody else holds the key. Thread-safe.
  void lock_and_perform(const std::string& key, const std::function<void()>& fn);

 private:
  // A lock may go only when nobody uses it. Holders and waiters are counted under the table's
  // mutex, before they wait: so a thread that comes between the last unlock and the removal either
  // finds the count above zero or makes a new lock.
  struct Entry {
    std::unique_ptr<Lock> lock;
    uint32_t users = 0;
  };
  class Use;

  Lock* Acquire(const std::string& key);
  void Release(const std::string& key);

  const Removal removal_;
  examples::ObjectTally* locks_made_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> locks_;
};

}  // namespace order
