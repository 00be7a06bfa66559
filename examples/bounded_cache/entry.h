// What the cache holds: things that were costly to make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "examples/support/truth.h"

namespace cache {

class Entry {
 public:
  virtual ~Entry() = default;
  // Of the content, as sent to a client.
  virtual size_t content_bytes() const = 0;
};

class PageEntry final : public Entry {
 public:
  PageEntry(uint64_t key, examples::ObjectTally* tally)
      : html_("<p>page " + std::to_string(key) + "</p>" + std::string(key % 500, '.')),
        counted_(tally) {}
  size_t content_bytes() const override { return html_.size(); }

 private:
  std::string html_;
  examples::Counted counted_;
};

class ThumbnailEntry final : public Entry {
 public:
  ThumbnailEntry(uint64_t key, examples::ObjectTally* tally)
      : width_(16 + key % 16), pixels_(width_ * width_), counted_(tally) {}
  size_t content_bytes() const override { return pixels_.size(); }

 private:
  size_t width_;  // And height.
  std::vector<uint8_t> pixels_;
  examples::Counted counted_;
};

}  // namespace cache
