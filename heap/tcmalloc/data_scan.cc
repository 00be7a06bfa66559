#include "heap/tcmalloc/data_scan.h"

#include <algorithm>

namespace seep::tcmalloc {
namespace {

constexpr size_t kPieceBytes = 1 << 20;
constexpr uint64_t kPage = 4096;

}  // namespace

size_t ReadOrZero(const Memory& memory, Address from, std::span<uint8_t> out) {
  size_t absent = 0;
  for (size_t done = 0; done < out.size();) {
    Address at = from + done;
    size_t n = memory.Read(at, out.subspan(done));
    done += n;
    if (done == out.size()) break;
    uint64_t hole = std::min<uint64_t>(kPage - (at + n).value() % kPage, out.size() - done);
    std::fill_n(out.begin() + static_cast<ptrdiff_t>(done), hole, uint8_t{0});
    done += hole;
    absent += hole;
  }
  return absent;
}

std::vector<AddressRange> WritableData(const LoadedModule& module) {
  std::vector<AddressRange> data;
  for (const Segment& segment : module.segments) {
    if (!segment.writable) continue;
    if (!data.empty() && data.back().end == segment.range.begin) {
      data.back().end = segment.range.end;
    } else {
      data.push_back(segment.range);
    }
  }
  return data;
}

void ScanData(const Memory& memory, AddressRange data, size_t step, size_t record,
              absl::FunctionRef<bool(Address, std::span<const uint8_t>)> visit) {
  std::vector<uint8_t> bytes;
  Address begin((data.begin.value() + step - 1) / step * step);
  for (Address piece = begin; piece < data.end; piece = piece + kPieceBytes) {
    uint64_t left = data.end - piece;
    bytes.assign(kPieceBytes + record, 0);
    ReadOrZero(memory, piece, std::span(bytes).first(std::min<uint64_t>(bytes.size(), left)));
    for (size_t at = 0; at < std::min<uint64_t>(kPieceBytes, left); at += step) {
      if (!visit(piece + at, std::span(bytes).subspan(at, record))) return;
    }
  }
}

}  // namespace seep::tcmalloc
