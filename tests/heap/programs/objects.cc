// Makes one object of each kind, prints what it is, and waits. Argument: a plugin to load.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "tests/heap/programs/zoo.h"

namespace zoo {

struct Plain {
  virtual ~Plain() = default;
  long a = 1;
};
struct Single : Plain {
  long b = 2;
};
struct Left {
  virtual ~Left() = default;
  long l = 3;
};
struct Right {
  virtual ~Right() = default;
  virtual void Turn() {}
  long r = 4;
};
struct Both : Left, Right {
  long c = 5;
};
struct Apex {
  virtual ~Apex() = default;
  long v = 6;
};
struct West : virtual Apex {
  long w = 7;
};
struct East : virtual Apex {
  long e = 8;
};
struct Diamond : West, East {
  long d = 9;
};
template <typename T, int N>
struct Box : Single {
  T value[N] = {};
};
struct Env {};
namespace {
struct Hidden : Plain {
  long h = 10;
};
}  // namespace

}  // namespace zoo

namespace common {
template <typename Result, typename... Arguments>
class Closure {
 public:
  virtual ~Closure() = default;
  virtual Result Run(Arguments...) = 0;
};
template <typename T>
class MethodClosure : public Closure<void, T> {
 public:
  void Run(T) override {}
};
}  // namespace common

// A static program cannot load any.
bool ShowPlugin([[maybe_unused]] const char* path) {
#if !defined(LINKED_STATICALLY)
  void* plugin = dlopen(path, RTLD_NOW);
  auto* show = plugin ? reinterpret_cast<void (*)()>(dlsym(plugin, "ShowPlugin")) : nullptr;
  if (show != nullptr) {
    show();
    return true;
  }
  std::fprintf(stderr, "%s\n", dlerror());
#endif
  return false;
}

int main(int argc, char** argv) {
  zoo::Show(new zoo::Plain);
  zoo::Show(new zoo::Single);
  zoo::Both* both = zoo::Show(new zoo::Both);
  zoo::ShowInner<zoo::Right>(both);
  zoo::Show(new zoo::West);
  zoo::Diamond* diamond = zoo::Show(new zoo::Diamond);
  zoo::ShowInner<zoo::East>(diamond);
  zoo::ShowInner<zoo::Apex>(diamond);
  zoo::Show(new zoo::Box<unsigned char, 40>);
  zoo::Show(new zoo::Hidden);
  zoo::Show(new common::MethodClosure<zoo::Env*>);

  // Not an object: the address of one, of a function, of a string.
  auto* words = static_cast<uintptr_t*>(std::malloc(3 * sizeof(uintptr_t)));
  words[0] = reinterpret_cast<uintptr_t>(both);
  words[1] = reinterpret_cast<uintptr_t>(&main);
  words[2] = reinterpret_cast<uintptr_t>("just text, and enough of it");
  zoo::Escape(words);
  std::printf("words %p\n", static_cast<void*>(words));

  if (argc > 1 && !ShowPlugin(argv[1])) return 1;
  std::puts("ready");
  std::fflush(stdout);
  char byte;
  return read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 1;
}
