// Tasks from one thread to many, at most `capacity` waiting.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace order {

template <typename Task>
class TaskQueue {
 public:
  explicit TaskQueue(size_t capacity) : capacity_(capacity) {}

  // Waits while the queue is full.
  void Push(Task task) {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [this] { return tasks_.size() < capacity_; });
    tasks_.push_back(std::move(task));
    has_task_.notify_one();
  }

  // Waits for a task; nothing once the queue is closed and empty.
  std::optional<Task> Pop() {
    std::unique_lock lock(mutex_);
    has_task_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
    if (tasks_.empty()) return std::nullopt;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    has_room_.notify_one();
    return task;
  }

  void Close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    has_task_.notify_all();
  }

 private:
  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable has_room_;
  std::condition_variable has_task_;
  std::deque<Task> tasks_;
  bool closed_ = false;
};

}  // namespace order
