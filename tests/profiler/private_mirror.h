// A recording without a file: what the stores mirror can be looked at in place.
#pragma once

#include <string_view>
#include <vector>

#include "profiler/mirror.h"

namespace seep::profiler {

class PrivateMirror {
 public:
  void Attach() {
    memory_.assign(kLayout.file_size / sizeof(uint64_t), 0);
    g_mirror.store(reinterpret_cast<std::byte*>(memory_.data()));
  }

 private:
  std::vector<uint64_t> memory_;
};

inline std::string_view Text(recording::StringRef ref) {
  return {MirrorRecord<char>(recording::kStrings, ref.offset), ref.length};
}

}  // namespace seep::profiler
