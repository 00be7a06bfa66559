// A call that is prepared now and made later, once.
#pragma once

#include <memory>
#include <utility>

namespace common {

// Ownership by convention: made with new, destroyed by its own Run. Whoever holds a closure must
// run it exactly once, on every path.
template <typename R, typename... Args>
class Closure {
 public:
  Closure() = default;
  Closure(const Closure&) = delete;
  Closure& operator=(const Closure&) = delete;
  virtual ~Closure() = default;

  virtual R Run(Args... args) = 0;
};

// Calls (object->*method)(bound, args...). `bound` is a value given in advance.
template <typename Object, typename Bound, typename R, typename... Args>
class MethodClosure final : public Closure<R, Args...> {
 public:
  using Method = R (Object::*)(const Bound& bound, Args... args);

  MethodClosure(Object* object, Method method, Bound bound)
      : object_(object), method_(method), bound_(std::move(bound)) {}

  R Run(Args... args) override {
    std::unique_ptr<MethodClosure> self(this);
    return (object_->*method_)(bound_, args...);
  }

 private:
  Object* object_;
  Method method_;
  Bound bound_;
};

}  // namespace common
