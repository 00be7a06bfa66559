#include "snapshot/fingerprint.h"

#include <string_view>

namespace seep {
namespace {

class Fnv1a {
 public:
  void Byte(uint8_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3u; }
  void Tag(char tag) { Byte(static_cast<uint8_t>(tag)); }

  void Integer(uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) Byte(static_cast<uint8_t>(value >> shift));
  }

  template <typename Bytes>
  void All(const Bytes& bytes) {
    for (auto byte : bytes) Byte(static_cast<uint8_t>(byte));
  }

  void Position(const CodeLocation& location, std::span<const Module> modules) {
    if (location.module.is_none()) return Tag('N');
    const Module& module = modules[location.module.index()];
    if (module.build_id.empty()) {
      Tag('P');
      Integer(module.path.size());
      All(module.path);
    } else {
      Tag('B');
      Integer(module.build_id.size());
      All(module.build_id);
    }
    Integer(location.offset);
  }

  Fingerprint value() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325u;
};

}  // namespace

Fingerprint ClassFingerprint(const Class& klass, std::span<const Module> modules) {
  Fnv1a hash;
  if (klass.mangled.empty()) {
    hash.Tag('V');
    hash.Position(klass.vtable, modules);
  } else {
    hash.Tag('C');
    hash.All(klass.mangled);
  }
  return hash.value();
}

std::vector<Fingerprint> SiteFingerprints(const StackTree& stacks,
                                          std::span<const Module> modules) {
  std::vector<Fingerprint> fingerprints(stacks.size());
  for (size_t i = 0; i < stacks.size(); ++i) {
    const StackTree::Node& node = stacks.node(StackId(i));
    Fnv1a hash;
    hash.Integer(node.parent.is_none() ? 0 : fingerprints[node.parent.index()]);
    hash.Position(node.location, modules);
    fingerprints[i] = hash.value();
  }
  return fingerprints;
}

}  // namespace seep
