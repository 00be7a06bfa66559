#include "examples/coordination_proxy/io_handler.h"

#include <seep/seep.h>

#include <algorithm>
#include <optional>

namespace {

constexpr char kUnknownCluster[] = "ERR unknown cluster\n";

// Cuts the first word off `line`.
std::string_view TakeWord(std::string_view* line) {
  size_t end = std::min(line->find(' '), line->size());
  std::string_view word = line->substr(0, end);
  line->remove_prefix(std::min(end + 1, line->size()));
  return word;
}

}  // namespace

void RequestHandler::OnLine(std::string_view line, std::string* reply) {
  requests_->Add();
  Env env;
  env.reply = reply;
  std::string_view verb = TakeWord(&line);
  env.cluster = TakeWord(&line);
  env.key = TakeWord(&line);
  if (verb != "GET" || env.key.empty()) {
    reply->append("ERR bad request\n");
    return;
  }
  seep::ScopedLabel label("cluster", env.cluster.data(), env.cluster.size());
  HandleCheck(&env);
}

void RequestHandler::HandleCheck(Env* env) {
  CheckCall* check = new CountedCheck(this, &RequestHandler::Reply, CountCheck(*env));
  const auto& served = options_->clusters;
  if (std::find(served.begin(), served.end(), env->cluster) == served.end()) {
    refused_->Add();
    env->cluster_known = false;
    if (!options_->single_exit) {
      env->reply->append(kUnknownCluster);  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks)
      return;  // The leak: nobody holds `check` any more, and only its Run would destroy it.
    }
  }
  Resolve(env, check);
}

void RequestHandler::Resolve(Env* env, CheckCall* done) {
  if (env->cluster_known) {
    std::string path = std::string(env->cluster) + "/" + std::string(env->key);
    std::optional<std::string> address = cache_->Find(path);
    if (!address && (address = backend_.Lookup(path))) cache_->Insert(path, *address);
    env->address = std::move(address).value_or("");
  }
  done->Run(env);
}

void RequestHandler::Reply(const examples::Counted& /*counted*/, Env* env) {
  if (!env->cluster_known) {
    env->reply->append(kUnknownCluster);
  } else if (env->address.empty()) {
    env->reply->append("ERR no answer from the back end\n");
  } else {
    env->reply->append("OK ").append(env->address).append("\n");
  }
}

examples::Counted RequestHandler::CountCheck(const Env& env) const {
  return examples::Counted(
      truth_->Objects("common::Closure<void, Env*>", sizeof(CountedCheck), "cluster", env.cluster));
}
