#include "examples/coordination_proxy/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void Enable(int fd, int level, int option) {
  int on = 1;
  setsockopt(fd, level, option, &on, sizeof(on));
}

int NewTcpSocket() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

}  // namespace

std::optional<Socket> Socket::Listen(uint16_t port) {
  Socket listener(NewTcpSocket());
  if (listener.fd_ < 0) return std::nullopt;
  Enable(listener.fd_, SOL_SOCKET, SO_REUSEADDR);
  sockaddr_in address = Loopback(port);
  if (bind(listener.fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener.fd_, SOMAXCONN) != 0) {
    return std::nullopt;
  }
  return listener;
}

std::optional<Socket> Socket::Connect(uint16_t port) {
  Socket peer(NewTcpSocket());
  sockaddr_in address = Loopback(port);
  if (connect(peer.fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return std::nullopt;
  }
  Enable(peer.fd_, IPPROTO_TCP, TCP_NODELAY);
  return peer;
}

std::optional<Socket> Socket::Accept() const {
  while (true) {
    int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
      Enable(fd, IPPROTO_TCP, TCP_NODELAY);
      return Socket(fd);
    }
    if (errno != EINTR && errno != ECONNABORTED) return std::nullopt;
  }
}

uint16_t Socket::LocalPort() const {
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

bool Socket::SendAll(std::string_view bytes) const {
  while (!bytes.empty()) {
    ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool Socket::Receive(std::string* buffer) const {
  char chunk[16384];
  ssize_t received;
  do {
    received = recv(fd_, chunk, sizeof(chunk), 0);
  } while (received < 0 && errno == EINTR);
  if (received <= 0) return false;
  buffer->append(chunk, static_cast<size_t>(received));
  return true;
}

void Socket::Shutdown() const { shutdown(fd_, SHUT_RDWR); }
