// The headline in words.
#pragma once

#include <string>
#include <vector>

#include "analysis/findings.h"

namespace seep {

// A piece of running text. The names in it are hostile; the writer of each format escapes them.
struct Phrase {
  enum class Kind { kWords, kFigure, kName };
  Kind kind = Kind::kWords;
  std::string text;
};

enum class NameForm { kShort, kFull };

// What is alive, where it was allocated, under which label, and how much of it was freed. Says "no
// sampled block is alive", never "no leak", when there is nothing to lead with.
std::vector<Phrase> Sentence(const Findings& findings, NameForm names);

std::string Join(const std::vector<Phrase>& phrases);

// "io_handler.cc:57" from a path; "" if no file is known.
std::string ShortPlace(const SiteFrame& frame);

}  // namespace seep
