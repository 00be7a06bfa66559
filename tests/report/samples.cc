#include "tests/report/samples.h"

#include <cmath>

#include "tests/analysis/world.h"

namespace seep {
namespace {

constexpr double kInterval = 64 << 10;

double Probability(uint64_t size) { return 1 - std::exp(-static_cast<double>(size) / kInterval); }

// `count` samples of this size, born evenly between two moments.
void AddSamples(World& world, int count, double from_s, double to_s, World::BlockFacts facts) {
  facts.probability = Probability(facts.size);
  for (int i = 0; i < count; ++i) {
    facts.birth_s = from_s + (to_s - from_s) * i / count;
    world.AddBlock(facts);
  }
}

std::vector<std::vector<Frame>> Served(std::vector<std::vector<Frame>> leaf) {
  const std::vector<std::vector<Frame>> callers = {
      At("RequestHandler::Dispatch(proxy::Env*)", "/src/proxy/io_handler.cc", 112),
      At("EventLoop::Run()", "/src/proxy/event_loop.cc", 204),
      At("void std::__invoke_impl<void, void (EventLoop::*)(), "
         "EventLoop*>(std::__invoke_memfun_deref, "
         "void (EventLoop::*&&)(), EventLoop*&&)",
         "/usr/include/c++/12/bits/invoke.h", 74),
      {}};
  leaf.insert(leaf.end(), callers.begin(), callers.end());
  return leaf;
}

const std::string kNewNode =
    "std::__new_allocator<std::__detail::_Hash_node<std::pair<std::__cxx11::basic_string<char, "
    "std::char_traits<char>, std::allocator<char> > const, proxy::Address>, true> >::allocate("
    "unsigned long, void const*)";

}  // namespace

Findings ProxyFindings() {
  World world;
  ProcessFacts& process = world.builder().process();
  process.captured_by = "recording of a dead process";
  process.executable = "/opt/coordination/bin/coordination_proxy";
  process.build_id = {0x4f, 0x1d, 0x20, 0x9a, 0xb3, 0x77, 0x01, 0xce};
  process.start_real_ns = 1'795'363'200'000'000'000;
  process.captured_at = 42 * kSecond;
  process.bytes_allocated = 3.1e9;
  process.rss = 118'489'088;
  process.limit = 512'000'000;

  ClassId closure = world.AddClass("common::Closure<void, proxy::Env*>");
  ClassId method = world.AddClass(
      "common::internal::MethodClosure<false, RequestHandler, void, proxy::Env*>", {closure});
  ClassId session = world.AddClass("proxy::Session");
  ClassId function =
      world.AddClass("common::internal::FunctionClosure<true, void, proxy::Env*>", {closure});

  LabelId wrong = world.builder().AddLabel({"cluster", "payments-old", {}});
  LabelId good = world.builder().AddLabel({"cluster", "payments", {}});

  StackId check = world.AddStack(Served(
      {At("operator new(unsigned long)"),
       {{"common::NewCallback<RequestHandler, proxy::Env*>(RequestHandler*, void "
         "(RequestHandler::*)(proxy::Env*))",
         "/src/common/closure.h", 88, true},
        {"RequestHandler::HandleCheck(proxy::Env*)", "/src/proxy/io_handler.cc", 57, false}}}));
  StackId accept = world.AddStack(Served({At("operator new(unsigned long)"),
                                          At("Listener::Accept()", "/src/proxy/listener.cc", 31)}),
                                  StackEnd::kTruncated);
  StackId cache =
      world.AddStack(Served({At("operator new(unsigned long)"),
                             {{kNewNode, "/usr/include/c++/12/bits/new_allocator.h", 137, true},
                              {"AddressCache::Put(std::string const&, proxy::Address)",
                               "/src/proxy/address_cache.cc", 44, false}}}));
  StackId buffers = world.AddStack(
      Served({At("malloc"), At("Connection::ReadMore()", "/src/proxy/connection.cc", 90)}));

  AddSamples(world, 900, 0.5, 41.9, {.klass = method, .stack = check, .label = wrong});
  AddSamples(world, 6, 41.0, 41.9, {.klass = method, .stack = check, .label = good});
  AddSamples(world, 3, 41.0, 41.9, {.size = 48, .klass = function, .stack = accept, .label = good});
  AddSamples(world, 40, 2, 41, {.size = 4096, .klass = session, .stack = accept, .label = good});
  AddSamples(world, 60, 0.2, 3, {.size = 120, .stack = cache});
  AddSamples(world, 25, 30, 41.9, {.size = 16384, .stack = buffers, .label = good});
  world.AddTurnover(check, 30'211, 0, 64);
  world.AddTurnover(accept, 1'024, 981, 4096);
  world.AddTurnover(cache, 60, 0, 120);
  world.AddTurnover(buffers, 48'102, 48'077, 16384);

  world.builder().AddDropped("samples", 3, "drawn inside a signal handler that interrupted us");
  world.builder().AddNotice({0, "option not understood: smaple"});
  return Analyze(*world.Build(), world.symbols());
}

Findings HostileFindings(const std::string& name) {
  World world;
  world.builder().process().executable = name;
  world.builder().process().host = name;
  ClassId base = world.AddClass("Base" + name);
  ClassId klass = world.AddClass(name, {base});
  LabelId label = world.builder().AddLabel({name, name, {}});
  StackId stack = world.AddStack({At("malloc"), At(name, name, 7), At("Caller" + name), {}});
  world.AddBlocks(3, {.klass = klass, .stack = stack, .label = label});
  world.AddTurnover(stack, 3, 0, 64);
  world.builder().AddDropped(name, 1, name);
  world.builder().AddNotice({0, name});
  return Analyze(*world.Build(), world.symbols());
}

std::string HostileName() {
  std::string name =
      "N</script></title><!--<img src=x onerror=\"alert('1')\">&amp;&#39;\x1b[2J\x07\r\n\x7f";
  name += "\xe2\x80\xae";  // U+202E, right-to-left override
  name += "\xc2\x9b";      // U+009B, a terminal's one-byte "escape ["
  name += "\xff";          // no UTF-8
  name += "größe";
  while (name.size() < 10'100) name += "ab(c<d>";
  return name + "END";
}

}  // namespace seep
