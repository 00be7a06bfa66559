// A process that writes a recording of its own by hand, as the profiler would: real objects, real
// addresses, a shared mapping. Argument: the recording's path.
//
// Prints "slot INDEX ADDRESS NAME OFFSET" for each object, then obeys, one line at a time:
//   forget INDEX   the slot's block is freed
//   reuse INDEX    freed, and its address handed out again to something without a class
//   unlink         removes the file
//   fork           prints the pid of a child that only waits
//   exec           becomes another program
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "tests/heap/programs/hand_recorder.h"
#include "tests/heap/programs/zoo.h"

namespace {

using namespace seep;

struct Order {
  virtual ~Order() = default;
  long id = 1;
};
struct Lock {
  virtual ~Lock() = default;
  long owner = 2;
};
struct LockedOrder : Order, Lock {
  long price = 3;
};

class Recorder {
 public:
  explicit Recorder(const std::string& path) : recorder_(path) {}
  ~Recorder() {
    for (void* block : blocks_) std::free(block);
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // In a heap block of its own of `size` bytes, `offset` bytes in.
  template <typename T>
  void Make(size_t offset, size_t size) {
    auto* block = static_cast<std::byte*>(std::malloc(size));
    std::memset(block, 0x41, size);
    T* object = new (block + offset) T;
    zoo::Escape(object);
    Record(block, size);
    std::printf("slot %u %p %s %zu\n", next_ - 1, static_cast<void*>(block), zoo::NameOf(*object),
                offset);
  }

  void Record(void* block, size_t size) {
    blocks_.push_back(block);
    recording::LiveSlot& slot = Slot(next_++);
    slot.address = reinterpret_cast<uint64_t>(block);
    slot.size = size;
    slot.exposure = 50;
    slot.birth_ns = testing::MonotonicNow();
    slot.serial = next_;
  }

  recording::LiveSlot& Slot(uint32_t index) { return recorder_.Slot(index); }
  const std::string& path() const { return recorder_.path(); }

 private:
  testing::HandRecorder recorder_;
  std::vector<void*> blocks_;  // what the slots say is live
  uint32_t next_ = 0;
};

std::string Obey(const std::string& line, Recorder& recorder) {
  std::string verb = line.substr(0, line.find(' '));
  if (verb == "forget" || verb == "reuse") {
    recording::LiveSlot& slot =
        recorder.Slot(static_cast<uint32_t>(std::stoul(line.substr(verb.size()))));
    std::memset(reinterpret_cast<void*>(slot.address), 0x42, slot.size);
    slot.sequence += 2;
    if (verb == "forget") slot.address = 0;
    slot.serial += 1000;
  } else if (verb == "unlink") {
    unlink(recorder.path().c_str());
  } else if (verb == "fork") {
    pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (;;) pause();
    }
    return std::to_string(child);
  }
  return "done";
}

}  // namespace

int main(int, char** argv) {
  Recorder recorder(argv[1]);
  recorder.Make<Order>(0, sizeof(Order));
  recorder.Make<LockedOrder>(0, sizeof(LockedOrder));
  recorder.Make<Lock>(16, 64);
  recorder.Make<Order>(56, 128);
  recorder.Record(std::calloc(1, 256), 256);
  std::puts("ready");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "exec") execl("/bin/cat", "cat", nullptr);
    std::puts(Obey(line, recorder).c_str());
    std::fflush(stdout);
  }
  return 0;
}
