#include "profiler/notices.h"

#include <atomic>
#include <cstddef>
#include <cstring>

#include "profiler/clock.h"
#include "profiler/limits.h"
#include "profiler/mirror.h"

namespace seep::profiler {
namespace {

// An array that is appended to and never looked up. The record's `ready` is its private twin's,
// too.
template <typename Record, uint32_t kCapacity, recording::SectionId kSection>
class Log {
 public:
  void Append(const Record& record, recording::Counter when_full) {
    uint32_t index = used_.fetch_add(1);
    if (index >= kCapacity) {
      used_.store(kCapacity);
      return Count(when_full);
    }
    records_[index] = record;
    ready_[index].store(1);
    Mirror(index);
  }

  void MirrorAll() {
    for (uint32_t i = 0; i < Used(); ++i) Mirror(i);
  }

 private:
  uint32_t Used() const {
    uint32_t used = used_.load();
    return used < kCapacity ? used : kCapacity;
  }

  void Mirror(uint32_t index) {
    auto* target = MirrorRecord<Record>(kSection, index);
    if (target == nullptr || ready_[index].load() == 0) return;
    constexpr size_t kBehindReady = offsetof(Record, ready) + sizeof(uint32_t);
    const auto* from = reinterpret_cast<const std::byte*>(&records_[index]);
    auto* to = reinterpret_cast<std::byte*>(target);
    MirrorBytes(to, from, offsetof(Record, ready));
    MirrorBytes(to + kBehindReady, from + kBehindReady, sizeof(Record) - kBehindReady);
    std::atomic_ref<uint32_t>(target->ready).store(1);
    MirrorUsed(kSection, [this] { return Used(); });
  }

  std::atomic<uint32_t> used_;
  Record records_[kCapacity]{};
  std::atomic<uint32_t> ready_[kCapacity];
};

constinit Log<recording::Notice, kNoticeCapacity, recording::kNotices> g_notices{};
constinit Log<recording::Interval, kIntervalCapacity, recording::kIntervals> g_intervals{};

}  // namespace

void AddNotice(recording::NoticeKind kind, const char* text) {
  recording::Notice notice{};
  notice.time_ns = NowNs();
  notice.kind = kind;
  memcpy(notice.text, text, strnlen(text, sizeof(notice.text) - 1));
  g_notices.Append(notice, recording::kNoticesFull);
}

void AddInterval(uint64_t interval, recording::IntervalCause cause) {
  g_intervals.Append({NowNs(), interval, cause, 0}, recording::kIntervalsFull);
}

void MirrorAllNotices() {
  g_notices.MirrorAll();
  g_intervals.MirrorAll();
}

}  // namespace seep::profiler
