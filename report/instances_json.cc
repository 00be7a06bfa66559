#include "report/instances_json.h"

#include <nlohmann/json.hpp>

#include "analysis/names.h"
#include "report/instances_words.h"

namespace seep {
namespace {

using Object = nlohmann::ordered_json;

// Bytes that are no UTF-8 become U+FFFD.
std::string Finish(const char* format, const LookedAt& look, Object object) {
  Object whole = {{"format", format},
                  {"version", 1},
                  {"process", {{"executable", look.executable}, {"pid", look.pid}}}};
  whole.update(object);
  whole["dropped"] = Object::array();
  for (const Dropped& dropped : look.dropped) {
    whole["dropped"].push_back(
        {{"what", dropped.what}, {"count", dropped.count}, {"why", dropped.why}});
  }
  return whole.dump(2, ' ', false, Object::error_handler_t::replace) + "\n";
}

Object NameOrNull(const std::string& name) { return name.empty() ? Object() : Object(name); }

Object ClassOrNull(const LookedAt& look, size_t klass) {
  return klass == kClassless ? Object() : Object(ClassName(look, klass));
}

// Where in which module; null for what is in none.
Object LocationOrNull(const LookedAt& look, const SymbolTable& symbols,
                      const CodeLocation& location) {
  if (location.module.is_none()) return nullptr;
  return {{"module", look.modules[location.module.index()].path},
          {"offset", location.offset},
          {"function", NameOrNull(FunctionName(symbols, location))}};
}

Object ObjectOrNull(const LookedAt& look, const std::optional<ObjectPlace>& object) {
  if (!object) return nullptr;
  return {{"address", HexAddress(object->start)},
          {"class", ClassName(look, object->klass)},
          {"count", object->count}};
}

Object ShareObject(const LookedAt& look, const SymbolTable& symbols, const WordShare& share) {
  const WordMeaning& meaning = share.meaning;
  return {{"kind", WordKindName(meaning.kind)},
          {"text", DescribeWord(look, symbols, meaning)},
          {"class", ClassOrNull(look, meaning.klass)},
          {"value", meaning.value},
          {"location", LocationOrNull(look, symbols, meaning.location)},
          {"instances", share.instances},
          {"share", share.share},
          {"example", HexAddress(share.example)}};
}

Object TextsObject(const TextPlace& place) {
  Object values = Object::array();
  for (const TextShare& value : place.values) {
    values.push_back(
        {{"text", value.text}, {"instances", value.instances}, {"share", value.share}});
  }
  return {{"pointed_at", place.pointed_at},
          {"inner_offset", place.inner_offset},
          {"instances", place.instances},
          {"different", place.different},
          {"values", values}};
}

Object OffsetObject(const LookedAt& look, const SymbolTable& symbols, const OffsetWords& words) {
  Object object = {{"offset", words.offset}, {"words", Object::array()}};
  for (const WordShare& share : words.shares) {
    object["words"].push_back(ShareObject(look, symbols, share));
  }
  object["other_numbers"] = {{"instances", words.other_numbers},
                             {"different", words.other_numbers_different},
                             {"least", words.least},
                             {"greatest", words.greatest}};
  object["others"] = words.others;
  object["texts"] = Object::array();
  for (const TextPlace& place : words.texts) object["texts"].push_back(TextsObject(place));
  return object;
}

}  // namespace

std::string InstancesJson(const Instances& instances) {
  const LookedAt& look = instances.look;
  Object classes = Object::array(), sample = Object::array();
  for (const InstanceCount& count : instances.found) {
    classes.push_back({{"name", ClassName(look, count.klass)},
                       {"bases", look.classes[count.klass].bases},
                       {"objects", count.objects},
                       {"blocks", count.blocks},
                       {"bytes", count.bytes}});
  }
  for (const Instance& instance : instances.sample) {
    sample.push_back({{"address", HexAddress(instance.address)},
                      {"block", HexAddress(instance.block)},
                      {"block_bytes", instance.block_size},
                      {"objects", instance.objects},
                      {"class", ClassName(look, instance.klass)}});
  }
  return Finish("seep-instances", look, {{"classes", classes}, {"instances", sample}});
}

std::string WordsJson(const WordsLook& words, const SymbolTable& symbols) {
  Object classes = Object::array();
  for (const ClassWords& klass : words.classes) {
    Object offsets = Object::array();
    for (const OffsetWords& at : klass.offsets) {
      offsets.push_back(OffsetObject(words.look, symbols, at));
    }
    classes.push_back({{"name", ClassName(words.look, klass.klass)},
                       {"bases", words.look.classes[klass.klass].bases},
                       {"instances", klass.instances},
                       {"objects", klass.objects},
                       {"bytes", klass.bytes},
                       {"offsets", offsets}});
  }
  return Finish("seep-words", words.look, {{"classes", classes}});
}

std::string AddressJson(const AddressLook& addresses, const SymbolTable& symbols) {
  const LookedAt& look = addresses.look;
  Object answers = Object::array();
  for (const AddressLook::Answer& answer : addresses.answers) {
    const AddressPlace& place = answer.place;
    bool in_block = !place.block.is_null();
    bool has_class = place.klass != kClassless;
    answers.push_back(
        {{"address", HexAddress(answer.address)},
         {"kind", PlaceKindName(place.kind)},
         {"text", DescribeAnswer(look, symbols, answer)},
         {"block", in_block ? Object(HexAddress(place.block)) : Object()},
         {"block_bytes", in_block ? Object(place.block_size) : Object()},
         {"offset", in_block ? Object(place.offset) : Object()},
         {"class", ClassOrNull(look, place.klass)},
         {"bases", has_class ? Object(look.classes[place.klass].bases) : Object::array()},
         {"class_offset", place.class_offset},
         {"objects", place.objects},
         {"content", NameOrNull(ContentName(place.content))},
         {"object", ObjectOrNull(look, answer.object)},
         {"location", LocationOrNull(look, symbols, place.location)},
         {"name", NameOrNull(place.name)}});
  }
  return Finish("seep-what", look, {{"addresses", answers}});
}

}  // namespace seep
