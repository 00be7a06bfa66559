// Answers the clients' requests: "GET CLUSTER KEY" → "OK HOST:PORT", or "ERR reason".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "examples/coordination_proxy/address_cache.h"
#include "examples/coordination_proxy/backend.h"
#include "examples/coordination_proxy/closure.h"
#include "examples/coordination_proxy/env.h"
#include "examples/coordination_proxy/server.h"
#include "examples/support/truth.h"

// What is to happen once a request has been checked and its address is known.
typedef common::Closure<void, Env*> CheckCall;

struct HandlerOptions {
  std::vector<std::string> clusters = {"ordering_v2", "billing", "inventory"};
  bool single_exit = false;  // The fix: every path runs the CheckCall.
};

class RequestHandler : public Session {
 public:
  // All but `backend` are shared with other handlers and outlive them.
  RequestHandler(const HandlerOptions* options, AddressCache* cache, examples::Truth* truth,
                 BackendClient backend)
      : options_(options),
        cache_(cache),
        truth_(truth),
        requests_(truth->Events("requests")),
        refused_(truth->Events("requests_refused")),
        backend_(std::move(backend)) {}

  void OnLine(std::string_view line, std::string* reply) override;

 private:
  // Its bound value only counts it for the truth: it lives as long as the closure.
  using CountedCheck = common::MethodClosure<RequestHandler, examples::Counted, void, Env*>;

  void HandleCheck(Env* env);
  // Finds the address and runs `done`, which is then gone.
  void Resolve(Env* env, CheckCall* done);
  void Reply(const examples::Counted& counted, Env* env);
  examples::Counted CountCheck(const Env& env) const;

  const HandlerOptions* options_;
  AddressCache* cache_;
  examples::Truth* truth_;
  examples::EventTally* requests_;
  examples::EventTally* refused_;
  BackendClient backend_;
};
