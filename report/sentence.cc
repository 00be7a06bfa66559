#include "report/sentence.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "report/format.h"

namespace seep {
namespace {

class Writer {
 public:
  Writer& Words(std::string text) { return Add(Phrase::Kind::kWords, std::move(text)); }
  Writer& Figure(std::string text) { return Add(Phrase::Kind::kFigure, std::move(text)); }
  Writer& Name(std::string text) { return Add(Phrase::Kind::kName, std::move(text)); }
  std::vector<Phrase> Take() { return std::move(phrases_); }

 private:
  Writer& Add(Phrase::Kind kind, std::string text) {
    phrases_.push_back({kind, std::move(text)});
    return *this;
  }
  std::vector<Phrase> phrases_;
};

void WriteWhat(const Headline& headline, NameForm names, Writer& writer) {
  bool full = names == NameForm::kFull;
  bool one = headline.live.objects.value == 1;
  std::string form = headline.form.empty() ? "" : absl::StrCat(" [", headline.form, "]");
  writer.Figure(absl::StrCat(FormatCount(headline.live.objects), one ? " object" : " objects"));
  writer.Words(" (").Figure(FormatBytes(headline.live.bytes)).Words(")");
  if (headline.klass.empty()) {
    writer.Words(" without a known class" + form);
  } else {
    writer.Words(" of ").Name(full ? headline.klass : headline.short_klass);
    if (headline.concrete.empty()) writer.Words(form);
  }
  writer.Words(one ? " is alive" : " are alive");
  if (!headline.concrete.empty()) {
    writer.Words(", ").Figure(FormatPercent(headline.concrete_share)).Words(" of them as ");
    writer.Name(full ? headline.concrete : headline.short_concrete).Words(form);
  }
}

void WriteWhere(const Headline& headline, NameForm names, Writer& writer) {
  if (!headline.place) return;
  const SiteFrame& frame = *headline.place;
  bool full = names == NameForm::kFull && !frame.function.empty();
  writer.Words(", ").Figure(FormatPercent(headline.place_share)).Words(" allocated at ");
  writer.Name(full ? frame.function : frame.short_function);
  std::string place = ShortPlace(frame);
  if (!place.empty()) writer.Words(" (").Name(place).Words(")");
}

void WritePast(const Headline& headline, Writer& writer) {
  if (headline.turnover) {
    const SiteTurnover& turnover = *headline.turnover;
    writer.Words("; of ")
        .Figure(FormatCount(turnover.born.objects.samples))
        .Words(" sampled there, ");
    writer.Figure(FormatCount(turnover.died.objects.samples)).Words(" were freed");
  }
  if (headline.oldest_s) {
    writer.Words("; the oldest is ").Figure(FormatDuration(*headline.oldest_s)).Words(" old");
  }
  writer.Words(". ");
}

void WriteScale(const Findings& findings, Writer& writer) {
  const Headline& headline = *findings.headline;
  writer.Words("That is ").Figure(FormatPercent(headline.share_of_live));
  writer.Words(" of the live heap");
  if (headline.observation_s > 0) {
    writer.Words(", and ").Figure(FormatByteRate(headline.bytes_per_s)).Words(" (");
    writer.Figure(FormatCountRate(headline.objects_per_s, "objects"));
    writer.Words(") on average over the ");
    writer.Figure(FormatDuration(headline.observation_s));
    writer.Words(findings.allocators.empty() ? " observed" : " since the program started");
  }
  writer.Words(".");
}

void WriteNothingAlive(const Findings& findings, Writer& writer) {
  if (!findings.allocators.empty()) {
    writer.Words("No block is live in any heap that was walked.");
    return;
  }
  SiteTurnover turnover = findings.turnover.value_or(SiteTurnover{});
  bool sampled = turnover.born.objects.samples > 0;
  writer.Words(sampled ? "No" : "Nothing can be said yet: no");
  writer.Words(" sampled block is alive after ");
  writer.Figure(FormatDuration(findings.observation_s)).Words(" of observation");
  if (findings.process.sample_interval > 0) {
    writer.Words(" and ").Figure(FormatBytes(findings.process.bytes_allocated));
    writer.Words(" allocated, at one sample per ");
    writer.Figure(FormatInterval(findings.process.sample_interval));
  }
  if (sampled) {
    writer.Words("; of ").Figure(FormatCount(turnover.born.objects.samples)).Words(" sampled, ");
    writer.Figure(FormatCount(turnover.died.objects.samples)).Words(" were freed");
  }
  writer.Words(".");
}

}  // namespace

std::vector<Phrase> Sentence(const Findings& findings, NameForm names) {
  Writer writer;
  if (!findings.headline) {
    WriteNothingAlive(findings, writer);
    return writer.Take();
  }
  const Headline& headline = *findings.headline;
  WriteWhat(headline, names, writer);
  WriteWhere(headline, names, writer);
  if (headline.label) {
    writer.Words(", ").Figure(FormatPercent(headline.label_share)).Words(" under label ");
    writer.Name(absl::StrCat(headline.label->key, "=", headline.label->value));
  }
  WritePast(headline, writer);
  WriteScale(findings, writer);
  return writer.Take();
}

std::string Join(const std::vector<Phrase>& phrases) {
  std::string text;
  for (const Phrase& phrase : phrases) text += phrase.text;
  return text;
}

std::string ShortPlace(const SiteFrame& frame) {
  if (frame.file.empty()) return "";
  std::string file = frame.file.substr(frame.file.rfind('/') + 1);
  return frame.line == 0 ? file : absl::StrCat(file, ":", frame.line);
}

}  // namespace seep
