// puppet: does to its heap what it is told, a line at a time, and answers each:
//
//   allocate LABEL COUNT SIZE    COUNT blocks of SIZE bytes, labelled by=LABEL; "ok"
//   mix LABEL COUNT SEED         of many sizes, and frees every second one; "OBJECTS BYTES" live
//   churn BYTES                  allocates and frees so many bytes; "ok"
//   free LABEL                   all of it; "ok"
//   interval BYTES | stop | start    seep_set_interval and so on; "ok"
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "profiler/include/seep/seep.h"

namespace {

std::map<std::string, std::vector<void*>> g_blocks;

void Allocate(const std::string& name, size_t count, size_t size) {
  std::vector<void*>& blocks = g_blocks[name];
  blocks.reserve(blocks.size() + count);
  seep::ScopedLabel label("by", name);
  for (size_t i = 0; i < count; ++i) blocks.push_back(malloc(size));
}

void Mix(const std::string& name, size_t count, unsigned seed) {
  std::vector<void*>& blocks = g_blocks[name];
  blocks.reserve(count);
  std::minstd_rand random(seed);
  uint64_t bytes = 0;
  seep::ScopedLabel label("by", name);
  for (size_t i = 0; i < count; ++i) {
    // 256 B to 16 KiB, as many of each doubling.
    size_t size = (size_t{256} << (random() % 6)) + random() % 256;
    void* block = malloc(size);
    if (i % 2 == 0) {
      blocks.push_back(block);
      bytes += size;
    } else {
      free(block);
    }
  }
  std::cout << blocks.size() << " " << bytes << std::endl;
}

void Churn(uint64_t bytes) {
  constexpr uint64_t kBlock = 4096;
  for (uint64_t done = 0; done < bytes; done += kBlock) {
    void* volatile block = malloc(kBlock);
    free(block);
  }
}

void Free(const std::string& name) {
  for (void* block : g_blocks[name]) free(block);
  g_blocks[name].clear();
}

}  // namespace

int main() {
  std::string verb, name;
  while (std::cin >> verb) {
    uint64_t a = 0, b = 0;
    if (verb == "mix") {
      std::cin >> name >> a >> b;
      Mix(name, a, static_cast<unsigned>(b));
      continue;
    }
    if (verb == "allocate") {
      std::cin >> name >> a >> b;
      Allocate(name, a, b);
    } else if (verb == "free") {
      std::cin >> name;
      Free(name);
    } else if (verb == "churn") {
      std::cin >> a;
      Churn(a);
    } else if (verb == "interval") {
      std::cin >> a;
      seep_set_interval(a);
    } else if (verb == "stop") {
      seep_stop();
    } else if (verb == "start") {
      if (seep_start() != 0) return 3;
    } else {
      return 2;
    }
    std::cout << "ok" << std::endl;
  }
}
