// Which scope an entry of DWARF lies in: libdw leads down the tree, and a name needs the way up.
#pragma once

#include <elfutils/libdw.h>

#include <string>
#include <string_view>
#include <vector>

namespace seep {

class TypeScopes {
 public:
  static constexpr int kNone = -1;

  // A scope inside of `parent`; returns its number. Numbers rise from parents to children.
  int AddScope(const Dwarf_Die& die, int parent);
  // `die` is declared in `scope`.
  void Add(const Dwarf_Die& die, int scope) { entries_.push_back({die.addr, scope}); }
  // After the last Add, before the first ScopeOf.
  void Sort();

  int ScopeOf(const Dwarf_Die& die) const;

  // "order::LockService::"; "" outside of all scopes. Cost: its length.
  std::string Prefix(int scope) const;

  size_t size() const { return entries_.size(); }

 private:
  struct Scope {
    Dwarf_Die die;
    int parent;
  };
  struct Entry {
    const void* die;
    int scope;
  };
  std::vector<Scope> scopes_;
  std::vector<Entry> entries_;  // by address of the DIE, which is its identity
};

// What the entry itself is called, without its scopes; "(anonymous namespace)" and the like where
// it has no name. At most 16 KiB of it.
std::string OwnName(Dwarf_Die die);

// One spelling of a type's name, from DWARF ("Ring<long unsigned int, 4> >") or from the demangler
// ("Ring<unsigned long, 4ul>>"). For comparing only.
std::string ComparableTypeName(std::string_view name);

}  // namespace seep
