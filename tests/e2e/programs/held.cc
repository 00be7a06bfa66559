// held: objects without a vtable, each held in another way; says "ready", waits for the end of
// input. What holds what, and how many of it, is in held_test.cc.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <list>
#include <map>
#include <memory>
#include <vector>

namespace net {

struct Config {
  uint64_t values[9] = {1, 2, 3};
};

struct Point {
  double x = 1, y = 2, z = 3;
};

class Session {
 public:
  Session() : config_(new Config), opaque_(calloc(1, 200)) {}
  virtual ~Session() = default;

 private:
  std::unique_ptr<Config> config_;
  void* opaque_;
};

struct Rule {
  uint64_t bits[13] = {7};
};

struct Step {
  uint64_t number = 5;
  std::unique_ptr<Rule> rule = std::make_unique<Rule>();
};

std::map<uint64_t, std::unique_ptr<Point[]>> g_paths;
std::list<Step> g_steps;
Config* g_default;

}  // namespace net

int main() {
  auto* sessions = new std::vector<std::unique_ptr<net::Session>>;
  for (uint64_t i = 0; i < 20000; ++i) {
    sessions->push_back(std::make_unique<net::Session>());
    if (i % 2 == 0) net::g_paths[i] = std::make_unique<net::Point[]>(20);
    if (i % 4 == 0) net::g_steps.emplace_back();
    if (i % 4 == 0) {
      void* lost = calloc(1, 700);
      asm volatile("" : : "r"(lost) : "memory");
    }
  }
  net::g_default = new net::Config;
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  _exit(0);
}
