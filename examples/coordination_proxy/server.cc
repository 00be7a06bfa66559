#include "examples/coordination_proxy/server.h"

#include <utility>

namespace {

constexpr size_t kMaxConnections = 256;
constexpr size_t kMaxLineBytes = 4096;

// Hands each whole line in `received` to the session and keeps the rest.
void AnswerLines(Session* session, std::string* received, std::string* reply) {
  size_t begin = 0;
  for (size_t end; (end = received->find('\n', begin)) != std::string::npos; begin = end + 1) {
    session->OnLine(std::string_view(*received).substr(begin, end - begin), reply);
  }
  received->erase(0, begin);
}

}  // namespace

Server::Server(Socket listener, NewSession new_session)
    : listener_(std::move(listener)), new_session_(std::move(new_session)) {
  accepting_ = std::thread(&Server::AcceptAll, this);
}

Server::~Server() {
  listener_.Shutdown();
  accepting_.join();
  for (Connection& connection : connections_) connection.socket.Shutdown();
  for (Connection& connection : connections_) connection.thread.join();
}

void Server::AcceptAll() {
  while (std::optional<Socket> peer = listener_.Accept()) {
    JoinEnded();
    if (connections_.size() == kMaxConnections) continue;
    Connection& connection = connections_.emplace_back(*std::move(peer));
    connection.thread = std::thread(&Server::Serve, this, &connection);
  }
}

void Server::JoinEnded() {
  connections_.remove_if([](Connection& connection) {
    if (!connection.ended.load(std::memory_order_acquire)) return false;
    connection.thread.join();
    return true;
  });
}

void Server::Serve(Connection* connection) const {
  std::string received;
  std::string reply;
  std::unique_ptr<Session> session = new_session_();
  while (session != nullptr && received.size() <= kMaxLineBytes &&
         connection->socket.Receive(&received)) {
    reply.clear();
    AnswerLines(session.get(), &received, &reply);
    if (!connection->socket.SendAll(reply)) break;
  }
  session.reset();
  connection->socket.Shutdown();
  connection->ended.store(true, std::memory_order_release);
}
