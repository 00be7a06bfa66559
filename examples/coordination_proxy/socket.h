// A TCP socket on 127.0.0.1, blocking.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

class Socket {
 public:
  // Port 0 picks a free one. Nothing, with errno set, on failure; so below.
  static std::optional<Socket> Listen(uint16_t port);
  static std::optional<Socket> Connect(uint16_t port);

  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }

  std::optional<Socket> Accept() const;
  uint16_t LocalPort() const;

  // False: the peer is gone.
  bool SendAll(std::string_view bytes) const;
  // Waits for at least one byte and appends what is there. False: the peer is gone.
  bool Receive(std::string* buffer) const;

  // Wakes the thread that waits in Accept or Receive; from now on they fail. From any thread.
  void Shutdown() const;

 private:
  explicit Socket(int fd) : fd_(fd) {}

  int fd_;
};
