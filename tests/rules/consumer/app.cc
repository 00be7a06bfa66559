#include <seep/seep.h>

#include <vector>

// 0: the profiler is in the process, by the public header's own test.
int main() {
  seep::ScopedLabel label("kind", "consumer");
  static std::vector<std::vector<char>*> kept;
  for (int i = 0; i != 1000; ++i) kept.push_back(new std::vector<char>(1000));
  return seep_present() && seep_interval() != 0 ? 0 : 1;
}
