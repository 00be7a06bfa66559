// modest CODE: two threads allocate and free for a moment. Prints what came of it, on both streams,
// waits for the end of its standard input, and exits with CODE.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

void Work(size_t* sum) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < 20'000; ++i) {
    texts.emplace_back(20 + i % 200, 'x');
    if (i % 3 != 0) texts.pop_back();
  }
  for (const std::string& text : texts) *sum += text.size();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  size_t sums[2] = {};
  std::thread first(Work, &sums[0]), second(Work, &sums[1]);
  first.join();
  second.join();
  printf("%zu characters\n", sums[0] + sums[1]);
  fflush(stdout);
  fprintf(stderr, "nothing to complain about\n");
  char c;
  while (read(STDIN_FILENO, &c, 1) == 1) {
  }
  return atoi(argv[1]);
}
