// embedded: objects at the heads of blocks and inside of them; says "ready", and ends with its
// input. The numbers are in embedded_test.cc.
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

struct Named {
  virtual ~Named() = default;
  uint64_t name[2] = {};
};
struct Timed {
  virtual ~Timed() = default;
  uint64_t times[3] = {};
};
// Two vtable pointers, one object.
struct Job : Named, Timed {
  uint64_t state = 0;
};
struct Part {
  virtual ~Part() = default;
  uint64_t size = 7;
};
struct Owner {
  virtual ~Owner() = default;
  uint64_t before[30] = {};
  Part parts[3];
};
struct Plain {
  uint64_t before[40] = {};
  Job job;
};

template <typename T>
void Keep(T* object) {
  static std::vector<void*> kept;
  kept.push_back(object);
  asm volatile("" ::"r"(object) : "memory");
}

}  // namespace

int main() {
  for (int i = 0; i < 100; ++i) Keep(new Job);                    // 100 heads
  for (int i = 0; i < 10; ++i) Keep(new std::vector<Job>(1000));  // 10 heads, 9,990 embedded
  for (int i = 0; i < 50; ++i) Keep(new Plain);                   // 50 embedded
  for (int i = 0; i < 20; ++i) Keep(new Owner);                   // Part: 60 embedded
  Keep(new Job[30]);                                              // 30 heads
  for (int i = 0; i < 40; ++i) {
    Keep(new std::shared_ptr<Part>(std::make_shared<Part>()));  // Part: 40 heads
  }
  std::cout << "ready" << std::endl;
  std::string line;
  std::getline(std::cin, line);
}
