// A small world to analyse: names first, ids as they come. Each frame gets a code position of its
// own in one module, and the symbol table to match.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "snapshot/builder.h"
#include "snapshot/symbol_table.h"

namespace seep {

inline constexpr ObservationTime kSecond = 1'000'000'000;

class World {
 public:
  World() {
    Module module;
    module.path = "/srv/proxy";
    module_ = builder_.AddModule(module);
    builder_.process().captured_at = 100 * kSecond;
    builder_.process().executable = "/srv/proxy";
    builder_.process().pid = 4242;
    builder_.process().host = "node-7";
    builder_.process().captured_by = "recording";
    builder_.process().sample_interval = 64 << 10;
    builder_.process().initial_interval = 64 << 10;
  }

  ClassId AddClass(const std::string& name, std::vector<ClassId> bases = {},
                   ClassEvidence evidence = ClassEvidence::kRtti) {
    ClassId id = builder_.AddClass(
        {"M" + name, {module_, 0x1000 + symbols_.class_names.size()}, evidence, {}});
    for (ClassId base : bases) builder_.AddBase(id, {.base = base});
    symbols_.class_names.push_back(name);
    return id;
  }

  // Leaf first; each inner vector is one position's inline chain, innermost first.
  StackId AddStack(const std::vector<std::vector<Frame>>& positions,
                   StackEnd end = StackEnd::kComplete) {
    std::vector<CodeLocation> locations;
    for (const std::vector<Frame>& frames : positions) {
      CodeLocation location{module_, next_offset_};
      next_offset_ += 16;
      symbols_.code[location] = {frames, frames.empty() ? "no debug file" : ""};
      locations.push_back(location);
    }
    return builder_.stacks().Intern(locations, end);
  }

  struct BlockFacts {
    uint64_t size = 64;
    uint64_t count = 1;
    double probability = 1;
    ClassId klass = {};
    uint32_t class_offset = 0;
    StackId stack = {};
    LabelId label = {};
    Content content = Content::kNotExamined;
    double birth_s = 50;
  };
  void AddBlock(const BlockFacts& facts) {
    Block block;
    block.address = Address(0x10000 + 0x1000 * ++serial_);
    block.serial = serial_;
    block.size = facts.size;
    block.count = facts.count;
    block.probability = facts.probability;
    block.klass = facts.klass;
    block.class_offset = facts.class_offset;
    block.stack = facts.stack;
    block.label = facts.label;
    block.content = facts.content;
    block.birth = static_cast<ObservationTime>(facts.birth_s * 1e9);
    builder_.AddBlock(block);
  }
  void AddBlocks(int count, const BlockFacts& facts) {
    for (int i = 0; i < count; ++i) AddBlock(facts);
  }

  // `born` sampled allocations of `size` bytes at this stack, of which `died` were freed.
  void AddTurnover(StackId stack, int born, int died, double size) {
    Turnover turnover;
    turnover.stack = stack;
    for (int i = 0; i < born; ++i) {
      turnover.born_objects += Estimate::Of(1, 1);
      turnover.born_bytes += Estimate::Of(size, 1);
    }
    for (int i = 0; i < died; ++i) {
      turnover.died_objects += Estimate::Of(1, 1);
      turnover.died_bytes += Estimate::Of(size, 1);
    }
    builder_.AddTurnover(turnover);
  }

  SnapshotBuilder& builder() { return builder_; }
  const SymbolTable& symbols() const { return symbols_; }
  std::shared_ptr<const Snapshot> Build() {
    auto snapshot = std::move(builder_).Build();
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? *snapshot : std::make_shared<const Snapshot>();
  }

 private:
  SnapshotBuilder builder_;
  SymbolTable symbols_;
  ModuleId module_;
  uint64_t next_offset_ = 0x4000;
  uint64_t serial_ = 0;
};

// A frame without inlines.
inline std::vector<Frame> At(std::string function, std::string file = "", uint32_t line = 0) {
  return {{std::move(function), std::move(file), line, false}};
}

}  // namespace seep
