// stress TRUTH THREADS: allocates, reallocates and frees without an end, in all of malloc's ways,
// and keeps a truth log. Few sizes, so that addresses are reused at once; any thread may free or
// move what another has allocated. Each thread's blocks have a label of their own.
#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "profiler/include/seep/seep.h"
#include "tests/e2e/support/truth_log.h"

namespace {

using seep::e2e::Place;
using seep::e2e::TruthLog;

constexpr uint64_t kSizes[] = {16, 24, 40, 64, 104, 256, 1000};

class Worker {
 public:
  Worker(TruthLog* log, uint32_t number)
      : log_(log), number_(number), name_(std::to_string(number)), random_(number) {}

  void Work() {
    for (;;) {
      Place& place = log_->places[random_() % TruthLog::kPlaces];
      uint32_t nobody = 0;
      if (!place.worker.compare_exchange_strong(nobody, number_)) continue;
      if (place.address.load() == 0) {
        Fill(place);
      } else if (!place.by_new && random_() % 4 == 0) {
        Reallocate(place);
      } else {
        Clear(place);
      }
      place.worker.store(0);
      log_->operations.fetch_add(1, std::memory_order_relaxed);
    }
  }

 private:
  void* Allocate(size_t size, bool* by_new) {
    *by_new = false;
    void* block = nullptr;
    switch (random_() % 6) {
      case 0:
        return malloc(size);
      case 1:
        return calloc(2, size / 2);
      case 2:
        return memalign(64, size);
      case 3:
        return posix_memalign(&block, 32, size) == 0 ? block : nullptr;
      case 4:
        return realloc(nullptr, size);
      default:
        *by_new = true;
        return operator new(size);
    }
  }

  void Log(Place& place, void* block, uint64_t size) {
    if (block == nullptr) abort();
    place.size = size;
    place.thread = number_;
    place.address.store(reinterpret_cast<uint64_t>(block));
  }

  void Fill(Place& place) {
    uint64_t size = kSizes[random_() % std::size(kSizes)];
    seep::ScopedLabel label("thread", name_);
    void* block = Allocate(size, &place.by_new);
    Log(place, block, size);
  }

  void Reallocate(Place& place) {
    uint64_t size = kSizes[random_() % std::size(kSizes)];
    auto* old = reinterpret_cast<void*>(place.address.exchange(0));
    seep::ScopedLabel label("thread", name_);
    Log(place, realloc(old, size), size);
  }

  static void Clear(Place& place) {
    auto* block = reinterpret_cast<void*>(place.address.exchange(0));
    if (place.by_new) {
      operator delete(block);
    } else {
      free(block);
    }
  }

  TruthLog* log_;
  uint32_t number_;
  std::string name_;
  std::minstd_rand random_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  TruthLog* log = TruthLog::Map(argv[1]);
  std::vector<std::thread> threads;
  for (int i = 1; i <= atoi(argv[2]); ++i) {
    threads.emplace_back([log, i] { Worker(log, static_cast<uint32_t>(i)).Work(); });
  }
  for (std::thread& thread : threads) thread.join();
}
