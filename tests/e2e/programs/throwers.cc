// throwers TURNS: threads throw and catch exceptions through frames that allocate.
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

int Descend(int depth, int turn) {
  auto held = std::make_unique<std::vector<int>>(static_cast<size_t>(depth + 1), turn);
  if (depth == 0) throw std::runtime_error("thrown in turn " + std::to_string(turn));
  int below = Descend(depth - 1, turn);
  return below + held->front();
}

void Throw(int turns, int* caught) {
  for (int turn = 0; turn < turns; ++turn) {
    try {
      Descend(turn % 20, turn);
    } catch (const std::exception& error) {
      *caught += error.what() == "thrown in turn " + std::to_string(turn);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  int turns = atoi(argv[1]);
  int caught[4] = {};
  std::vector<std::thread> threads;
  for (int& count : caught) threads.emplace_back(Throw, turns, &count);
  for (std::thread& thread : threads) thread.join();
  for (int count : caught) {
    if (count != turns) return 1;
  }
}
