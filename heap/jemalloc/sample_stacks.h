// Call stacks of the blocks that jemalloc's own profiler has sampled (opt.prof), 5.3.
//
//   edata              prof_tctx_t: a thread's        prof_gctx_t: a stack, whoever's
//   ┌ 64 time ─┐       ┌  0 tdata, ids ───┐           ┌   0 lock, tree, links ─┐
//   │ 72 bytes │       │ 32 counts (64)   │           │  40 counts (64)        │
//   │ 80 tctx ─┼──────►│ 96 gctx ─────────┼──────────►│ 104 vector ─┐ 112 length
//   └──────────┘       └──────────────────┘           │ 120 pcs … ◄─┘          │
//
// The vector points right behind itself, which tells a gctx from anything else.
// (jemalloc 5.3.0: include/jemalloc/internal/{edata.h, prof_structs.h}.)
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "heap/jemalloc/format.h"
#include "heap/memory.h"

namespace seep::jemalloc {

// What an extent says of the sampled block in it.
struct ProfiledBlock {
  uint64_t bytes = 0;  // that the program asked for
  Address sample;      // prof_tctx_t
};

class SampleStacks {
 public:
  static constexpr uint64_t kMaxDepth = 128;  // PROF_BT_MAX

  explicit SampleStacks(const Memory& memory) : memory_(memory) {}  // must outlive this

  // Nothing: it was not sampled, and these bytes are what an earlier slab has left there.
  std::optional<ProfiledBlock> Find(const Format& format, std::span<const uint8_t> edata) const;

  // Return addresses, leaf first; empty where they could not be read. Valid until the next call.
  std::span<const uint64_t> Of(Address sample);

 private:
  std::vector<uint64_t> Read(Address sample) const;

  const Memory& memory_;
  absl::flat_hash_map<uint64_t, std::vector<uint64_t>> known_;  // by sample: few for many blocks
};

}  // namespace seep::jemalloc
