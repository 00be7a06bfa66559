// A library whose classes a program gets to know at run time.
#include "tests/heap/programs/zoo.h"

namespace plugin {
struct Base {
  virtual ~Base() = default;
  long a = 1;
};
struct Widget : Base {
  long b = 2;
};
}  // namespace plugin

extern "C" void ShowPlugin() { zoo::Show(new plugin::Widget); }
