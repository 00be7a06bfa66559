#include "report/json.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "report/sentence.h"
#include "report/words.h"

namespace seep {
namespace {

using Object = nlohmann::ordered_json;  // keys keep the order in which docs/report_json.md has them

template <typename T>
Object OrNull(const std::optional<T>& value) {
  return value ? Object(*value) : Object(nullptr);
}

template <typename Row, typename ToObject>
Object Array(const std::vector<Row>& rows, ToObject to_object) {
  Object array = Object::array();
  for (const Row& row : rows) array.push_back(to_object(row));
  return array;
}

Object Objects(const Quantity& live) {
  return {{"value", live.objects.value},
          {"std_error", live.objects.std_error()},
          {"samples", live.objects.samples}};
}

Object Bytes(const Quantity& live) {
  return {{"value", live.bytes.value}, {"std_error", live.bytes.std_error()}};
}

Object AgeSeconds(const Ages& ages) {
  return {{"oldest", OrNull(ages.oldest_s)}, {"median", OrNull(ages.median_s)}};
}

Object TurnoverOrNull(const std::optional<SiteTurnover>& turnover) {
  if (!turnover) return nullptr;
  return {{"born", {{"objects", Objects(turnover->born)}, {"bytes", Bytes(turnover->born)}}},
          {"died", {{"objects", Objects(turnover->died)}, {"bytes", Bytes(turnover->died)}}}};
}

Object FrameObject(const SiteFrame& frame) {
  return {{"function", frame.function}, {"file", frame.file},       {"line", frame.line},
          {"module", frame.module},     {"inlined", frame.inlined}, {"offset", frame.offset},
          {"missing", frame.missing}};
}

// What a site is, whoever's blocks are counted there.
Object StackObject(const SiteRow& site) {
  return {{"frames", Array(site.frames, FrameObject)},
          {"truncated", site.end != StackEnd::kComplete}};
}

Object SiteObject(const SiteRow& site) {
  Object object = StackObject(site);
  object["objects"] = Objects(site.live);
  object["bytes"] = Bytes(site.live);
  object["age_s"] = AgeSeconds(site.ages);
  object["end"] = StackEndWord(site.end);
  object["headline_frame"] = site.headline;
  object["turnover"] = TurnoverOrNull(site.turnover);
  return object;
}

Object GrowthObject(const HeapGrowthRow& growth) {
  Object object = StackObject(growth.site);
  object["headline_frame"] = growth.site.headline;
  object["times"] = growth.times;
  object["bytes"] = growth.bytes;
  return object;
}

Object LabelObject(const LabelShare& label) {
  return {{"key", label.key},
          {"value", label.value},
          {"objects", Objects(label.live)},
          {"bytes", Bytes(label.live)}};
}

Object LabelRowObject(const LabelRow& row) {
  Object object = LabelObject(row.label);
  object["age_s"] = AgeSeconds(row.ages);
  return object;
}

class ClassWriter {
 public:
  explicit ClassWriter(const Findings& findings) : findings_(findings) {}

  Object operator()(const ClassRow& row) const {
    Object object = Counted(row);
    if (row.embedded) object["embedded"] = *row.embedded;
    return object;
  }

 private:
  Object Counted(const ClassRow& row) const {
    return {{"name", row.name},
            {"bases", row.bases},
            {"module", row.module},
            {"evidence", row.evidence},
            {"objects", Objects(row.live)},
            {"bytes", Bytes(row.live)},
            {"age_s", AgeSeconds(row.ages)},
            {"sites", Array(row.sites, [this](const auto& share) { return Site(share); })},
            {"labels", Array(row.labels, LabelObject)},
            {"sites_omitted", row.sites_omitted},
            {"form", row.form},
            {"share_of_live", row.share_of_live},
            {"mean_bytes", row.mean_bytes},
            {"turnover", TurnoverOrNull(row.turnover)},
            {"members", Array(row.members, [this](const auto& member) { return Member(member); })}};
  }

  Object Site(const SiteShare& share) const {
    const SiteRow& site = findings_.sites[share.site];
    Object object = StackObject(site);
    object["objects"] = Objects(share.live);
    object["bytes"] = Bytes(share.live);
    object["age_s"] = AgeSeconds(share.ages);
    object["site"] = share.site;
    return object;
  }

  Object Member(const ClassRow::Member& member) const {
    const ClassRow& row = findings_.classes[member.row];
    return {{"name", row.name}, {"form", row.form}, {"share", member.share}};
  }

  const Findings& findings_;
};

Object Process(const Findings& findings) {
  const ProcessFacts& process = findings.process;
  return {{"executable", process.executable},
          {"pid", process.pid},
          {"parent_pid", process.parent_pid},
          {"host", process.host},
          {"boot_id", process.boot_id},
          {"pid_namespace", process.pid_namespace},
          {"uid", process.uid},
          {"build_id", Hex(process.build_id)},
          {"started_unix_ns", process.start_real_ns},
          {"captured_by", process.captured_by},
          {"alive", process.alive},
          {"observation_s", findings.observation_s},
          {"sample_interval", process.sample_interval},
          {"initial_interval", process.initial_interval},
          {"bytes_allocated", process.bytes_allocated},
          {"rss", OrNull(process.rss)},
          {"swap", OrNull(process.swap)},
          {"limit", OrNull(process.limit)}};
}

Object HeadlineOrNull(const Findings& findings) {
  if (!findings.headline) return nullptr;
  const Headline& headline = *findings.headline;
  Object object = {{"class", headline.klass},
                   {"concrete_class", headline.concrete},
                   {"form", headline.form},
                   {"concrete_share", headline.concrete_share},
                   {"objects", Objects(headline.live)},
                   {"bytes", Bytes(headline.live)},
                   {"share_of_live", headline.share_of_live},
                   {"oldest_s", OrNull(headline.oldest_s)},
                   {"place", headline.place ? FrameObject(*headline.place) : Object(nullptr)},
                   {"place_share", headline.place_share},
                   {"turnover", TurnoverOrNull(headline.turnover)},
                   {"label", headline.label ? LabelObject(*headline.label) : Object(nullptr)},
                   {"label_share", headline.label_share},
                   {"objects_per_s", headline.objects_per_s},
                   {"bytes_per_s", headline.bytes_per_s}};
  return object;
}

Object AccountingObject(const AccountingRow& row) {
  return {{"row", row.row}, {"reserved", OrNull(row.reserved)}, {"resident", OrNull(row.resident)}};
}

Object AllocatorObject(const WalkedAllocator& allocator) {
  Object free = Object::object();
  for (const AllocatorRow::Free& kept : allocator.row.free) {
    free[kept.where] = {{"blocks", kept.blocks}, {"bytes", kept.bytes}};
  }
  return {{"kind", allocator.row.kind},
          {"description", allocator.row.description},
          {"module", allocator.module},
          {"live_objects", allocator.row.live_blocks},
          {"live_bytes", allocator.row.live_bytes},
          {"free", free},
          {"discrepancy", allocator.row.discrepancy}};
}

Object DroppedObject(const Dropped& dropped) {
  return {{"what", dropped.what}, {"count", dropped.count}, {"why", dropped.why}};
}

Object NoticeObject(const NoticeRow& notice) {
  return {{"time_s", notice.time_s}, {"text", notice.text}};
}

Object HistoryObject(const HistoryPoint& point) {
  return {{"time_s", point.time_s},
          {"rss", OrNull(point.rss)},
          {"usage", OrNull(point.usage)},
          {"limit", OrNull(point.limit)},
          {"live_objects", OrNull(point.live_objects)},
          {"live_bytes", OrNull(point.live_bytes)}};
}

Object ClassGrowthObject(const ClassGrowth& row) {
  return {{"name", row.name},
          {"form", row.form},
          {"objects", row.objects},
          {"bytes", row.bytes},
          {"objects_per_s", row.objects_per_s},
          {"bytes_per_s", row.bytes_per_s},
          {"now", {{"objects", Objects(row.now)}, {"bytes", Bytes(row.now)}}}};
}

Object GrowthOrNull(const std::optional<Growth>& growth) {
  if (!growth) return nullptr;
  return {{"seconds", growth->seconds},
          {"objects", growth->objects},
          {"bytes", growth->bytes},
          {"bytes_per_s", growth->bytes_per_s},
          {"rss_bytes_per_s", OrNull(growth->rss_bytes_per_s)},
          {"seconds_to_limit", OrNull(growth->seconds_to_limit)},
          {"classes", Array(growth->classes, ClassGrowthObject)}};
}

// The report is written row by row, a row a line: as one tree of objects it would need ten times
// the memory of its text.
class Report {
 public:
  void Value(const char* key, const Object& value) { Begin(key).append(Dump(value)); }

  template <typename Row, typename ToObject>
  void Rows(const char* key, const std::vector<Row>& rows, ToObject to_object) {
    Begin(key) += '[';
    for (const Row& row : rows) {
      if (&row != rows.data()) out_ += ',';
      out_.append("\n").append(Dump(to_object(row)));
    }
    out_ += ']';
  }

  std::string Take() && { return std::move(out_.append("\n}\n")); }

 private:
  static std::string Dump(const Object& value) {
    return value.dump(-1, ' ', false, Object::error_handler_t::replace);
  }

  std::string& Begin(const char* key) {
    out_.append(out_.empty() ? "{\n" : ",\n").append(Dump(key)).append(": ");
    return out_;
  }

  std::string out_;
};

}  // namespace

std::string Json(const Findings& findings, const std::optional<Growth>& growth) {
  ClassWriter class_object(findings);
  Report report;
  report.Value("format", "seep-report");
  report.Value("version", 1);
  report.Value("process", Process(findings));
  report.Rows("classes", findings.classes, class_object);
  report.Rows("base_classes", findings.base_classes, class_object);
  report.Rows("sites", findings.sites, SiteObject);
  report.Rows("labels", findings.labels, LabelRowObject);
  report.Rows("accounting", findings.accounting, AccountingObject);
  report.Rows("dropped", findings.dropped, DroppedObject);
  report.Value("live", {{"objects", Objects(findings.live)}, {"bytes", Bytes(findings.live)}});
  report.Rows("allocators", findings.allocators, AllocatorObject);
  report.Rows("heap_growth", findings.heap_growth, GrowthObject);
  report.Value("pause_ms", OrNull(findings.process.pause_ms));
  report.Value("turnover", TurnoverOrNull(findings.turnover));
  report.Value("sentence", Join(Sentence(findings, NameForm::kFull)));
  report.Value("headline", HeadlineOrNull(findings));
  report.Rows("notices", findings.notices, NoticeObject);
  report.Rows("history", findings.history, HistoryObject);
  report.Value("growth", GrowthOrNull(growth));
  return std::move(report).Take();
}

}  // namespace seep
