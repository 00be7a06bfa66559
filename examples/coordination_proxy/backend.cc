#include "examples/coordination_proxy/backend.h"

#include <cstdio>
#include <functional>

void BackendSession::OnLine(std::string_view path, std::string* reply) {
  size_t hash = std::hash<std::string_view>()(path);
  char address[64];
  int length = snprintf(address, sizeof(address), "10.%zu.%zu.%zu:%zu\n", hash % 16,
                        hash / 16 % 256, hash / 4096 % 254 + 1, 7000 + hash / 1048576 % 100);
  reply->append(address, static_cast<size_t>(length));
}

std::optional<BackendClient> BackendClient::Connect(uint16_t port) {
  std::optional<Socket> socket = Socket::Connect(port);
  if (!socket) return std::nullopt;
  return BackendClient(*std::move(socket));
}

std::optional<std::string> BackendClient::Lookup(std::string_view path) {
  std::string line(path);
  line += '\n';
  if (!socket_.SendAll(line)) return std::nullopt;
  std::string answer;
  while (!answer.ends_with('\n')) {
    if (!socket_.Receive(&answer)) return std::nullopt;
  }
  answer.pop_back();
  return answer;
}
