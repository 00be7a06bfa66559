// A TCP server on 127.0.0.1 for protocols of one line in, one line out. A thread per connection.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "examples/coordination_proxy/socket.h"

// The server's end of one connection; used by that connection's thread alone.
class Session {
 public:
  virtual ~Session() = default;
  // `line` is without its newline; appends the answer, newline included.
  virtual void OnLine(std::string_view line, std::string* reply) = 0;
};

class Server {
 public:
  using NewSession = std::function<std::unique_ptr<Session>()>;

  // Serves at once. `new_session` is called by the connections' threads; a null session refuses
  // the connection.
  Server(Socket listener, NewSession new_session);
  // Disconnects everybody and waits for their threads.
  ~Server();

  uint16_t port() const { return listener_.LocalPort(); }

 private:
  struct Connection {
    explicit Connection(Socket peer) : socket(std::move(peer)) {}
    Socket socket;
    std::atomic<bool> ended = false;
    std::thread thread;
  };

  void AcceptAll();
  void JoinEnded();
  void Serve(Connection* connection) const;

  Socket listener_;
  NewSession new_session_;
  std::list<Connection> connections_;  // The accepting thread's, and after it the destructor's.
  std::thread accepting_;
};
