#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "examples/coordination_proxy/address_cache.h"
#include "examples/coordination_proxy/backend.h"
#include "examples/coordination_proxy/io_handler.h"
#include "examples/coordination_proxy/port_file.h"
#include "examples/coordination_proxy/server.h"
#include "examples/coordination_proxy/socket.h"
#include "examples/support/program.h"

namespace {

std::optional<Socket> ListenOrComplain(uint64_t port) {
  std::optional<Socket> listener;
  errno = EINVAL;
  if (port <= UINT16_MAX) listener = Socket::Listen(static_cast<uint16_t>(port));
  if (!listener) {
    fprintf(stderr, "port %llu: %s\n", static_cast<unsigned long long>(port), strerror(errno));
  }
  return listener;
}

std::unique_ptr<Session> NewBackendSession() { return std::make_unique<BackendSession>(); }

}  // namespace

int main(int argc, char** argv) {
  uint64_t port = 0;
  uint64_t cache_entries = 4096;
  std::string port_file;
  HandlerOptions options;
  examples::Program program("coordination_proxy",
                            "A TCP proxy that leaks a closure per request for a wrong cluster.");
  program.flags().Add("port", &port, "listen here on 127.0.0.1 (default 0: any free port)");
  program.flags().Add("port-file", &port_file, "write the port to this file once it listens");
  program.flags().Add("cache-entries", &cache_entries, "bound of the address cache (default 4096)");
  program.flags().Add("fixed", &options.single_exit, "single exit: every closure is run");
  if (std::optional<int> exit_status = program.Start(argc, argv)) return *exit_status;

  std::optional<Socket> backend_listener = ListenOrComplain(0);
  std::optional<Socket> listener = ListenOrComplain(port);
  if (!backend_listener || !listener) return 1;

  // In this order: the proxy's sessions are clients of the back end and go before it.
  AddressCache cache(cache_entries);
  Server backend(*std::move(backend_listener), NewBackendSession);
  std::optional<Server> proxy;
  proxy.emplace(*std::move(listener), [&]() -> std::unique_ptr<Session> {
    std::optional<BackendClient> client = BackendClient::Connect(backend.port());
    if (!client) return nullptr;
    return std::make_unique<RequestHandler>(&options, &cache, &program.truth(), *std::move(client));
  });
  printf("listening on 127.0.0.1:%u\n", proxy->port());
  fflush(stdout);
  if (!port_file.empty() && !WritePortFile(port_file, proxy->port())) return 1;

  program.RunUntil(examples::Program::Clock::time_point::max());
  proxy.reset();
  program.PrintTruth();
  return 0;
}
