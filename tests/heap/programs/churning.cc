// Objects of two classes come and go as fast as they can, at the same few addresses, each recorded
// while it lives: an even serial is an Even, an odd one an Odd. Argument: the recording's path.
#include <atomic>
#include <cstdio>
#include <functional>
#include <new>
#include <thread>

#include "tests/heap/programs/hand_recorder.h"
#include "tests/heap/programs/zoo.h"

namespace {

struct Even {
  virtual ~Even() = default;
  long a = 1;
};
struct Odd {
  virtual ~Odd() = default;
  long b = 2;
};
static_assert(sizeof(Even) == sizeof(Odd), "so that malloc gives one the other's place");

// One write to a slot, between two steps of its sequence.
class SlotWrite {
 public:
  explicit SlotWrite(seep::recording::LiveSlot& slot) : sequence_(slot.sequence) {
    sequence_.fetch_add(1);
  }
  ~SlotWrite() { sequence_.fetch_add(1); }

 private:
  std::atomic_ref<uint32_t> sequence_;
};

constexpr uint32_t kLive = 33;  // odd: a slot's next object is of the other class

template <typename T>
void Bear(seep::recording::LiveSlot& slot, uint64_t serial) {
  T* object = new T;
  zoo::Escape(object);
  SlotWrite write(slot);
  slot.size = sizeof(T);
  slot.exposure = 50;
  slot.birth_ns = seep::testing::MonotonicNow();
  slot.serial = serial;
  slot.address = reinterpret_cast<uint64_t>(object);
}

void Bury(seep::recording::LiveSlot& slot) {
  void* object = reinterpret_cast<void*>(slot.address);
  {
    SlotWrite write(slot);
    slot.address = 0;
  }
  ::operator delete(object);  // both have trivial members
}

// The oldest makes room for one of the other class; malloc hands out its very place.
void Churn(seep::testing::HandRecorder& recorder) {
  for (uint64_t serial = 1;; ++serial) {
    seep::recording::LiveSlot& slot = recorder.Slot(static_cast<uint32_t>(serial % kLive));
    if (slot.address != 0) Bury(slot);
    if (serial % 2 == 0) {
      Bear<Even>(slot, serial);
    } else {
      Bear<Odd>(slot, serial);
    }
    for (int i = 0; i < 20'000; ++i) asm volatile("");  // each lives for some 100 µs
  }
}

}  // namespace

int main(int, char** argv) {
  seep::testing::HandRecorder recorder(argv[1]);
  std::thread(Churn, std::ref(recorder)).detach();
  std::puts("ready");
  std::fflush(stdout);
  std::_Exit(std::getchar());
}
