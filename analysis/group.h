// The tables: blocks by class, base class, call site, class × site and label.
#pragma once

#include "analysis/findings.h"
#include "analysis/names.h"
#include "analysis/sites.h"
#include "snapshot/symbol_table.h"

namespace seep {

struct Tables {
  std::vector<ClassRow> classes;
  std::vector<ClassRow> base_classes;
  std::vector<SiteRow> sites;
  std::vector<ClassSiteRow> class_sites;
  std::vector<LabelRow> labels;
  std::vector<HeapGrowthRow> growth;
};

// Every block is in one row of `classes` and one of `sites`; it counts once under each base class,
// and under one label a key. Time and memory grow with blocks × (bases + labels). Classes have all
// of their sites, base classes the leading ones: theirs are their members' sites.
Tables Group(const Snapshot& snapshot, const SymbolTable& symbols, const Shorten& shorten);

// Leaves each class its leading sites and counts the others. A report of 20,000 classes and 100,000
// stacks would repeat most stacks many times over.
void OmitMinorSites(std::vector<ClassRow>& rows);

}  // namespace seep
