#include "examples/support/truth.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "examples/support/json.h"

namespace examples {
namespace {

constexpr char kMagic[8] = {'t', 'r', 'u', 't', 'h', ' ', '1', '\n'};
constexpr uint32_t kMaxObjectTallies = 63;
constexpr uint32_t kMaxEventTallies = 16;

// A fixed-size text, NUL-terminated unless it fills its array.
template <size_t kSize>
std::string_view Text(const char (&text)[kSize]) {
  return {text, strnlen(text, kSize)};
}

template <size_t kSize>
void SetText(char (&text)[kSize], std::string_view value) {
  value.copy(text, kSize);
}

template <size_t kSize>
bool SameText(const char (&text)[kSize], std::string_view value) {
  return Text(text) == value.substr(0, kSize);
}

uint64_t Load(const uint64_t& counter) { return __atomic_load_n(&counter, __ATOMIC_ACQUIRE); }

}  // namespace

struct TruthFile {
  char magic[8];
  uint32_t object_tallies;  // Filled in; stored with release order once the tally is whole.
  uint32_t event_tallies;
  uint64_t pid;
  char program[40];
  ObjectTally objects[kMaxObjectTallies];
  EventTally events[kMaxEventTallies];

  size_t objects_filled() const {
    return std::min(__atomic_load_n(&object_tallies, __ATOMIC_ACQUIRE), kMaxObjectTallies);
  }
  size_t events_filled() const {
    return std::min(__atomic_load_n(&event_tallies, __ATOMIC_ACQUIRE), kMaxEventTallies);
  }
};

static_assert(sizeof(TruthFile) == 64 + 63 * 256 + 16 * 64);

namespace {

void* Complain(const std::string& path, const char* cause) {
  fprintf(stderr, "%s: %s\n", path.c_str(), cause);
  return MAP_FAILED;
}

void* MapNewFile(const std::string& path) {
  if (path.empty()) {
    return mmap(nullptr, sizeof(TruthFile), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                0);
  }
  // A new file, not a truncated one: an older process may still have that mapped.
  unlink(path.c_str());
  int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Complain(path, strerror(errno));
  void* memory = MAP_FAILED;
  if (ftruncate(fd, sizeof(TruthFile)) == 0) {
    memory = mmap(nullptr, sizeof(TruthFile), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  if (memory == MAP_FAILED) Complain(path, strerror(errno));
  close(fd);
  return memory;
}

void* MapExistingFile(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Complain(path, strerror(errno));
  struct stat info = {};
  void* memory = MAP_FAILED;
  if (fstat(fd, &info) == 0 && info.st_size == sizeof(TruthFile)) {
    memory = mmap(nullptr, sizeof(TruthFile), PROT_READ, MAP_SHARED, fd, 0);
  }
  close(fd);
  if (memory == MAP_FAILED) return Complain(path, "not a truth file");
  if (std::memcmp(memory, kMagic, sizeof(kMagic)) != 0) {
    munmap(memory, sizeof(TruthFile));
    return Complain(path, "not a truth file");
  }
  return memory;
}

}  // namespace

std::unique_ptr<Truth> Truth::Create(std::string_view program, const std::string& path) {
  void* memory = MapNewFile(path);
  if (memory == MAP_FAILED) return nullptr;
  auto* file = new (memory) TruthFile{};
  SetText(file->program, program);
  file->pid = static_cast<uint64_t>(getpid());
  std::memcpy(file->magic, kMagic, sizeof(kMagic));
  return std::unique_ptr<Truth>(new Truth(file));
}

std::unique_ptr<Truth> Truth::Open(const std::string& path) {
  void* memory = MapExistingFile(path);
  if (memory == MAP_FAILED) return nullptr;
  return std::unique_ptr<Truth>(new Truth(static_cast<TruthFile*>(memory)));
}

Truth::~Truth() { munmap(file_, sizeof(TruthFile)); }

ObjectTally* Truth::FindObjects(std::string_view class_name, std::string_view label_key,
                                std::string_view label_value) {
  size_t filled = file_->objects_filled();
  for (ObjectTally* tally = file_->objects; tally != file_->objects + filled; ++tally) {
    if (SameText(tally->label_value, label_value) && SameText(tally->label_key, label_key) &&
        SameText(tally->class_name, class_name)) {
      return tally;
    }
  }
  bool full = filled == kMaxObjectTallies;
  return full ? &file_->objects[kMaxObjectTallies - 1] : nullptr;
}

ObjectTally* Truth::Objects(std::string_view class_name, size_t object_bytes,
                            std::string_view label_key, std::string_view label_value) {
  if (ObjectTally* known = FindObjects(class_name, label_key, label_value)) return known;
  std::lock_guard lock(append_);
  if (ObjectTally* known = FindObjects(class_name, label_key, label_value)) return known;
  size_t index = file_->objects_filled();
  ObjectTally* tally = &file_->objects[index];
  SetText(tally->class_name, class_name);
  SetText(tally->label_key, label_key);
  SetText(tally->label_value, index == kMaxObjectTallies - 1 ? "(other)" : label_value);
  tally->object_bytes = object_bytes;
  std::atomic_ref(file_->object_tallies).fetch_add(1, std::memory_order_release);
  return tally;
}

EventTally* Truth::Events(std::string_view name) {
  std::lock_guard lock(append_);
  for (EventTally* tally = file_->events; tally != file_->events + file_->events_filled();
       ++tally) {
    if (SameText(tally->name, name)) return tally;
  }
  size_t index = file_->events_filled();
  if (index == kMaxEventTallies) abort();
  SetText(file_->events[index].name, name);
  std::atomic_ref(file_->event_tallies).fetch_add(1, std::memory_order_release);
  return &file_->events[index];
}

std::string Truth::ToJson() const {
  JsonWriter json;
  json.BeginObject().BeginObject("truth");
  json.Value("program", Text(file_->program)).Value("pid", file_->pid);
  json.BeginArray("objects");
  for (size_t i = 0; i != file_->objects_filled(); ++i) {
    const ObjectTally& tally = file_->objects[i];
    // In this order, so that a running program's live count is never below zero.
    uint64_t destroyed = Load(tally.destroyed);
    uint64_t created = Load(tally.created);
    json.BeginObject().Value("class", Text(tally.class_name));
    if (tally.label_key[0] != '\0') {
      json.Value("label",
                 std::string(Text(tally.label_key)) + "=" + std::string(Text(tally.label_value)));
    }
    json.Value("object_bytes", tally.object_bytes).Value("created", created);
    json.Value("live_objects", created - destroyed);
    json.Value("live_bytes", (created - destroyed) * tally.object_bytes).EndObject();
  }
  json.EndArray().BeginObject("events");
  for (size_t i = 0; i != file_->events_filled(); ++i) {
    json.Value(Text(file_->events[i].name), Load(file_->events[i].count));
  }
  json.EndObject().EndObject().EndObject();
  return json.text();
}

}  // namespace examples
