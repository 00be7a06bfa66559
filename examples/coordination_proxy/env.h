// What one request carries through the proxy.
#pragma once

#include <string>
#include <string_view>

struct Env {
  std::string_view cluster;  // As the client wrote it.
  std::string_view key;
  std::string address;           // Of the node that holds the key; empty: not found.
  bool cluster_known = true;     // False: the client asked for a cluster that we do not serve.
  std::string* reply = nullptr;  // Takes the answer's line.
};
