#include "heap/process_memory.h"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "heap/read_refusal.h"

namespace seep {
namespace {

iovec Remote(Address from, size_t size) { return {reinterpret_cast<void*>(from.value()), size}; }

}  // namespace

absl::StatusOr<ProcessMemory> ProcessMemory::Open(uint32_t pid) {
  // Nothing is mapped at address 0, so that EFAULT says "permitted" without reading anything.
  uint8_t byte;
  iovec local{&byte, 1};
  iovec remote = Remote(Address(0), 1);
  if (process_vm_readv(static_cast<int>(pid), &local, 1, &remote, 1, 0) >= 0 || errno == EFAULT) {
    return ProcessMemory(pid);
  }
  std::string name = absl::StrCat("process ", pid);
  if (errno == EPERM) return RefusedToRead(pid);
  if (errno == ESRCH) return NothingToRead(pid);
  if (errno == ENOSYS) {
    return absl::PermissionDeniedError(
        absl::StrCat(name, ": process_vm_readv is not available (a seccomp filter?)"));
  }
  return FileError(name, "cannot read its memory", errno);
}

size_t ProcessMemory::Read(Address from, std::span<uint8_t> out) const {
  size_t done = 0;
  while (done < out.size()) {
    iovec local{out.data() + done, out.size() - done};
    iovec remote = Remote(from + done, out.size() - done);
    ssize_t n = process_vm_readv(pid_, &local, 1, &remote, 1, 0);
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

void ProcessMemory::ReadMany(std::span<MemoryPiece> pieces) const {
  for (MemoryPiece& piece : pieces) piece.read = 0;
  for (size_t first = 0; first < pieces.size();) {
    std::span<MemoryPiece> batch =
        pieces.subspan(first, std::min(pieces.size() - first, size_t{IOV_MAX}));
    std::vector<iovec> local;
    std::vector<iovec> remote;
    for (MemoryPiece& piece : batch) {
      local.push_back({piece.out.data(), piece.out.size()});
      remote.push_back(Remote(piece.from, piece.out.size()));
    }
    ssize_t n = process_vm_readv(pid_, local.data(), local.size(), remote.data(), remote.size(), 0);
    if (n < 0 && errno != EFAULT) return;  // it has ended
    // The call stops at the first byte that it cannot read; what comes before it is whole.
    size_t left = n < 0 ? 0 : static_cast<size_t>(n);
    size_t filled = 0;
    for (; filled < batch.size(); ++filled) {
      batch[filled].read = std::min(left, batch[filled].out.size());
      left -= batch[filled].read;
      if (batch[filled].read < batch[filled].out.size()) break;
    }
    first += filled == batch.size() ? filled : filled + 1;
  }
}

}  // namespace seep
