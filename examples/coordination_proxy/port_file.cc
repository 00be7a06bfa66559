#include "examples/coordination_proxy/port_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>

bool WritePortFile(const std::string& path, uint16_t port) {
  std::string temporary = path + ".new";
  std::ofstream(temporary) << port << '\n';
  if (rename(temporary.c_str(), path.c_str()) == 0) return true;
  fprintf(stderr, "%s: %s\n", path.c_str(), strerror(errno));
  return false;
}

std::optional<uint16_t> ReadPortFile(const std::string& path, std::chrono::seconds patience) {
  auto end = std::chrono::steady_clock::now() + patience;
  do {
    uint16_t port = 0;
    if (std::ifstream(path) >> port) return port;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  } while (std::chrono::steady_clock::now() < end);
  return std::nullopt;
}
