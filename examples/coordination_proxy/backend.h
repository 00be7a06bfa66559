// The system behind the proxy: knows the node of every key. Speaks "PATH\n" → "HOST:PORT\n".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "examples/coordination_proxy/server.h"
#include "examples/coordination_proxy/socket.h"

// A toy: derives the address from the path's hash.
class BackendSession : public Session {
 public:
  void OnLine(std::string_view path, std::string* reply) override;
};

// The proxy's connection to it. One thread at a time.
class BackendClient {
 public:
  static std::optional<BackendClient> Connect(uint16_t port);

  // Waits for the answer; nothing where the connection is lost.
  std::optional<std::string> Lookup(std::string_view path);

 private:
  explicit BackendClient(Socket socket) : socket_(std::move(socket)) {}

  Socket socket_;
};
