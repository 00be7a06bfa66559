#include "examples/order_locks/lock_service.h"

namespace order {

// In force while a thread waits for the key or holds it, also when its work throws.
class LockService::Use {
 public:
  Use(LockService* service, const std::string& key)
      : service_(service), key_(key), lock_(service->Acquire(key)) {}
  ~Use() { service_->Release(key_); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  Lock* lock() const { return lock_; }

 private:
  LockService* service_;
  const std::string& key_;
  Lock* lock_;
};

LockService::LockService(Removal removal, examples::Truth* truth)
    : removal_(removal), locks_made_(truth->Objects("order::OrderLock", sizeof(OrderLock))) {}

void LockService::lock_and_perform(const std::string& key, const std::function<void()>& fn) {
  Use use(this, key);
  std::lock_guard hold(*use.lock());
  fn();
}

Lock* LockService::Acquire(const std::string& key) {
  std::lock_guard guard(mutex_);
  Entry& entry = locks_[key];
  if (entry.lock == nullptr) entry.lock = std::make_unique<OrderLock>(locks_made_);
  ++entry.users;
  return entry.lock.get();
}

void LockService::Release(const std::string& key) {
  std::lock_guard guard(mutex_);
  auto found = locks_.find(key);
  if (--found->second.users == 0 && removal_ == Removal::kWhenUnused) locks_.erase(found);
}

}  // namespace order
