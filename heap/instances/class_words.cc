#include "heap/instances/class_words.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "heap/instances/place_finder.h"
#include "heap/instances/text_finder.h"
#include "heap/instances/word_meaning.h"

namespace seep {
namespace {

constexpr size_t kWord = sizeof(uint64_t);
constexpr size_t kMeanings = 8;     // shown of one word
constexpr size_t kTexts = 5;        // shown of one place
constexpr double kCommon = 0.05;    // a number or text that fewer share is no common trait
constexpr size_t kPointedAt = 256;  // bytes in which texts are looked for

double Share(uint64_t part, uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(std::max<uint64_t>(whole, 1));
}

// What the object can fill of its block; the allocator's rounding included.
uint64_t SizeOf(const Instance& instance) {
  uint64_t room = instance.block_size -
                  std::min<uint64_t>(instance.block_size, instance.address - instance.block);
  return room / instance.objects / kWord * kWord;
}

std::vector<ReadInstance> ReadAll(const Memory& memory, const std::vector<Instance>& sample,
                                  size_t max_bytes) {
  std::vector<ReadInstance> objects;
  std::vector<MemoryPiece> pieces;
  for (const Instance& instance : sample) {
    objects.push_back(
        {instance, std::vector<uint8_t>(std::min<uint64_t>(SizeOf(instance), max_bytes))});
  }
  for (ReadInstance& object : objects) pieces.push_back({object.instance.address, object.bytes});
  memory.ReadMany(pieces);
  for (size_t i = 0; i < objects.size(); ++i) objects[i].bytes.resize(pieces[i].read);
  return objects;
}

// Of every word that could be an address.
WordReader::Places PlacesOfWords(HeapReader& heap, const std::vector<ReadInstance>& objects) {
  WordReader::Places places;
  for (const ReadInstance& object : objects) {
    for (size_t i = 0; i < object.words(); ++i) {
      uint64_t word = object.word(i);
      if (FindMapping(heap.target().maps, Address(word)) != nullptr) places[word] = {};
    }
  }
  std::vector<Address> addresses;
  for (const auto& [word, place] : places) addresses.push_back(Address(word));
  std::vector<AddressPlace> found = FindPlaces(heap, addresses);
  for (size_t i = 0; i < addresses.size(); ++i) places[addresses[i].value()] = found[i];
  return places;
}

// All instances of one class, one word of each.
class WordTally {
 public:
  void Add(const WordMeaning& meaning, Address object) {
    WordShare& share = shares_.try_emplace(meaning, WordShare{meaning, 0, 0, object}).first->second;
    ++share.instances;
    ++instances_;
  }

  OffsetWords Take(uint64_t offset) && {
    OffsetWords words{.offset = offset};
    for (auto& [meaning, share] : shares_) {
      share.share = Share(share.instances, instances_);
      bool is_rare_number = meaning.kind == WordKind::kNumber && share.share < kCommon;
      is_rare_number ? AddNumber(share, words) : words.shares.push_back(share);
    }
    std::stable_sort(words.shares.begin(), words.shares.end(),
                     [](const auto& a, const auto& b) { return a.instances > b.instances; });
    for (size_t i = kMeanings; i < words.shares.size(); ++i) {
      words.others += words.shares[i].instances;
    }
    words.shares.resize(std::min(kMeanings, words.shares.size()));
    words.others_share = Share(words.others, instances_);
    words.other_numbers_share = Share(words.other_numbers, instances_);
    return words;
  }

 private:
  static void AddNumber(const WordShare& share, OffsetWords& words) {
    uint64_t value = share.meaning.value;
    bool first = words.other_numbers == 0;
    words.least = first ? value : std::min(words.least, value);
    words.greatest = first ? value : std::max(words.greatest, value);
    words.other_numbers += share.instances;
    ++words.other_numbers_different;
  }

  std::map<WordMeaning, WordShare> shares_;
  uint64_t instances_ = 0;
};

// All instances of one class, the texts of one word of each.
class TextTally {
 public:
  explicit TextTally(const Memory& memory) : memory_(memory) {}

  void Add(const ReadInstance& object, size_t offset, bool is_data_pointer) {
    Count(false, 0, TextAt(memory_, object.instance.address, object.bytes, offset));
    if (!is_data_pointer) return;
    Address target(object.word(offset / kWord));
    uint8_t buffer[kPointedAt];
    std::span<const uint8_t> bytes = std::span(buffer).first(memory_.Read(target, buffer));
    for (size_t at = 0; at + kWord <= bytes.size(); at += kWord) {
      Count(true, at, TextAt(memory_, target, bytes, at));
    }
  }

  std::vector<TextPlace> Take(uint64_t instances) && {
    std::vector<TextPlace> places;
    for (auto& [where, values] : texts_) {
      TextPlace place{.pointed_at = where.first, .inner_offset = where.second};
      for (const auto& [text, count] : values) {
        place.instances += count;
        place.values.push_back({text, count, Share(count, instances)});
      }
      if (Share(place.instances, instances) < kCommon) continue;
      std::stable_sort(place.values.begin(), place.values.end(),
                       [](const auto& a, const auto& b) { return a.instances > b.instances; });
      place.different = place.values.size();
      place.values.resize(std::min(kTexts, place.values.size()));
      places.push_back(std::move(place));
    }
    return places;
  }

 private:
  void Count(bool pointed_at, size_t at, const std::optional<std::string>& text) {
    if (text) ++texts_[{pointed_at, at}][*text];
  }

  const Memory& memory_;
  std::map<std::pair<bool, uint64_t>, std::map<std::string, uint64_t>> texts_;
};

bool IsDataPointer(WordKind kind) {
  return kind == WordKind::kLiveBlock || kind == WordKind::kModuleData ||
         kind == WordKind::kMapping;
}

using Members = std::vector<const ReadInstance*>;  // of one class

OffsetWords WordsAt(HeapReader& heap, const WordReader& reader, const Members& members,
                    size_t offset, bool contents) {
  WordTally tally;
  TextTally texts(*heap.target().memory);
  for (const ReadInstance* object : members) {
    bool is_read = offset + kWord <= object->bytes.size();
    WordMeaning meaning =
        is_read ? reader.Of(*object, offset / kWord) : WordMeaning{.kind = WordKind::kUnread};
    tally.Add(meaning, object->instance.address);
    if (contents && is_read) texts.Add(*object, offset, IsDataPointer(meaning.kind));
  }
  OffsetWords words = std::move(tally).Take(offset);
  words.texts = std::move(texts).Take(members.size());
  return words;
}

}  // namespace

std::vector<ClassWords> FindClassWords(HeapReader& heap, const Instances& instances,
                                       const ClassWordsOptions& options) {
  std::vector<ReadInstance> objects =
      ReadAll(*heap.target().memory, instances.sample, options.max_bytes);
  WordReader::Places places = PlacesOfWords(heap, objects);
  WordReader reader(heap, places);
  std::map<size_t, Members> by_class;
  for (const ReadInstance& object : objects) by_class[object.instance.klass].push_back(&object);

  std::vector<ClassWords> classes;
  for (const auto& [klass, members] : by_class) {
    ClassWords words{.klass = klass, .instances = members.size(), .bytes = options.max_bytes};
    for (const InstanceCount& count : instances.found) {
      if (count.klass == klass) words.objects = count.objects;
    }
    for (const ReadInstance* object : members) {
      words.bytes = std::min(words.bytes, SizeOf(object->instance));
    }
    for (uint64_t offset = 0; offset + kWord <= words.bytes; offset += kWord) {
      words.offsets.push_back(WordsAt(heap, reader, members, offset, options.contents));
    }
    classes.push_back(std::move(words));
  }
  std::stable_sort(classes.begin(), classes.end(),
                   [](const auto& a, const auto& b) { return a.instances > b.instances; });
  return classes;
}

}  // namespace seep
