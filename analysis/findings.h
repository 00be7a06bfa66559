// What a snapshot says once its blocks are grouped and its code is named: the only input of
// report/, which formats these numbers and computes none.
//
//   blocks ──► classes, base_classes, sites, labels   each row: how many, how much, how old
//                 └── sites[i].site ──► Findings::sites (by index)
//
// Every table is sorted by estimated bytes, falling. All names are hostile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/address_sample.h"
#include "base/estimate.h"
#include "snapshot/snapshot.h"

namespace seep {

struct Quantity {
  Estimate objects;
  Estimate bytes;
  bool operator==(const Quantity&) const = default;
};

// Of live blocks, in seconds before the snapshot's moment. None: a walk of the heap does not know.
struct Ages {
  std::optional<double> oldest_s;
  std::optional<double> median_s;  // half of the (weighted) objects are older
  bool operator==(const Ages&) const = default;
};

// What happened at the call sites of a row since the observation began, dead and alive. Says how
// many of the *sites'* allocations were freed; a site that allocates several classes counts whole.
struct SiteTurnover {
  Quantity born;
  Quantity died;
};

// One source-level function on a call stack.
struct SiteFrame {
  std::string function;        // demangled, full; empty: not known
  std::string short_function;  // for tables
  std::string file;            // empty: not known
  uint32_t line = 0;           // 0: not known
  std::string module;          // path; empty: no module was there
  uint64_t offset = 0;         // ELF virtual address, or runtime address without a module
  bool inlined = false;        // into the next frame outwards
  std::string missing;         // why the function is not known
};

// One call stack as a reader sees it: stacks that differ only in addresses within the same source
// lines are one site.
struct SiteRow {
  std::vector<SiteFrame> frames;  // leaf first; empty: no stack is known
  StackEnd end = StackEnd::kComplete;
  size_t headline = 0;  // index of the first frame that is not allocator machinery
  Quantity live;
  Ages ages;
  std::optional<SiteTurnover> turnover;  // none: the source keeps no past
};

// Where a heap grew, whoever holds the memory now.
struct HeapGrowthRow {
  SiteRow site;  // without live blocks
  uint64_t times = 0;
  double bytes = 0;
};

// A part of a class's blocks: those from one site.
struct SiteShare {
  size_t site = 0;  // index into Findings::sites
  Quantity live;
  Ages ages;
  // Live bytes born after the first tenth of the observation: what was allocated at start-up and
  // stays is no growth.
  double later_bytes = 0;
};

struct LabelShare {
  std::string key;
  std::string value;
  Quantity live;
};

struct LabelRow {
  LabelShare label;
  Ages ages;
};

// Blocks of one class, or of a base class and everything derived from it.
struct ClassRow {
  std::string name;  // full; "(no class)" for blocks that nothing names
  std::string short_name;
  std::string form;  // how the object lies in its block: "" it is the block; "make_shared",
                     // "hash node", "elements", "at +16", …; without a class, who holds it or what
                     // is in it
  Content content = Content::kNotExamined;  // of blocks without a class
  std::string evidence;  // "rtti", "vtable symbol", "vtable", "pointer type", "site"; without a
                         // class: "holder", "none"
  std::string module;    // path of the module that holds the vtable; empty: not known
  std::vector<std::string> bases;  // transitive, nearest first
  Quantity live;
  // Further objects inside of blocks; in one row of each class. None: not looked for.
  std::optional<uint64_t> embedded;
  double share_of_live = 0;  // of all live bytes, 0..1
  double mean_bytes = 0;     // of an object, its block's rounding included
  Ages ages;
  std::optional<SiteTurnover> turnover;
  std::vector<SiteShare> sites;  // the leading ones
  size_t sites_omitted = 0;      // the others
  std::vector<LabelShare> labels;
  std::optional<AddressSample> addresses;  // for growth.h; none: blocks were not counted

  struct Member {
    size_t row = 0;    // index into Findings::classes
    double share = 0;  // of this row's bytes, 0..1
  };
  std::vector<Member> members;  // of a base class: the concrete classes under it
  // Of a base class: the first one with the very same objects, by index, where that is another.
  std::optional<size_t> same_as;
};

// Blocks by something else than their class.
struct BlockRow {
  std::string name;  // path of a module; "33 to 64 B"
  Quantity live;
  double share_of_live = 0;  // of all live bytes, 0..1
  double mean_bytes = 0;     // of an object, its block's rounding included
};

struct ClassSiteRow {
  size_t klass = 0;  // index into Findings::classes
  SiteShare share;
};

// The leading finding as facts, from which one sentence is made. Not a verdict: it says what is
// alive and where it came from, not that it ought to be dead.
struct Headline {
  std::string klass, short_klass;        // a base class where that tells more; empty: no class
  std::string concrete, short_concrete;  // the leading class under it; empty: klass itself
  std::string form;                      // of that leading class, or without one, as in ClassRow
  double concrete_share = 0;             // of the bytes below, 0..1
  Quantity live;
  double share_of_live = 0;  // of all live bytes, 0..1
  std::optional<double> oldest_s;

  std::optional<SiteFrame> place;        // the leading place in the code
  double place_share = 0;                // of the bytes above that were allocated there, 0..1
  std::optional<SiteTurnover> turnover;  // at that place

  std::optional<LabelShare> label;
  double label_share = 0;  // of the bytes above, 0..1

  double observation_s = 0;
  double objects_per_s = 0;  // live now / observation: average growth, as all began at zero
  double bytes_per_s = 0;
};

// How much was live at a moment of the past.
struct HistoryPoint {
  double time_s = 0;  // since the observation began
  std::optional<uint64_t> rss, usage, limit;
  std::optional<double> live_objects, live_bytes;
};

// An allocator whose heap was walked.
struct WalkedAllocator {
  AllocatorRow row;
  std::string module;  // path; empty: not known
};

struct NoticeRow {
  double time_s = 0;
  std::string text;
};

struct Findings {
  ProcessFacts process;
  double observation_s = 0;
  Quantity live;                         // all of it
  std::optional<SiteTurnover> turnover;  // of all stacks, also those where nothing is alive
  std::optional<Headline> headline;      // none: nothing sampled is alive
  std::vector<ClassRow> classes;
  std::vector<ClassRow> base_classes;  // every class under each of its bases and itself
  std::vector<BlockRow> modules;       // by the one that holds their class's vtable
  std::vector<BlockRow> sizes;         // by size, each row up to the next power of two
  std::vector<SiteRow> sites;
  std::vector<ClassSiteRow> class_sites;
  std::vector<LabelRow> labels;
  std::vector<AccountingRow> accounting;
  std::vector<WalkedAllocator> allocators;  // none: the blocks are samples
  std::vector<HeapGrowthRow> heap_growth;   // of allocators that keep it; by bytes, falling
  std::vector<Dropped> dropped;
  std::vector<NoticeRow> notices;
  std::vector<HistoryPoint> history;
};

}  // namespace seep
