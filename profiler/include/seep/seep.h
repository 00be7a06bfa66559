/* Seep's interface for the profiled program. C11 and C++11.
 *
 * Works whether the profiler is linked (seep::profiler), preloaded (seep run, LD_PRELOAD) or
 * absent: without it every call is a no-op that costs a load and a branch. Nothing needs to be
 * linked.
 *
 * Every function is thread-safe; label push and pop are async-signal-safe too. */
#ifndef SEEP_SEEP_H_
#define SEEP_SEEP_H_

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A label in force in this thread. Lives in the caller's scope, not in the heap: a push is two
 * stores. Key and value must stay valid until the pop. */
struct seep_label {
  const struct seep_label* outer; /* set by push */
  const char* key;
  const char* value;
  size_t value_length;
};

/* What the profiler exports; version 1. Later versions append. */
struct seep_api {
  uint32_t version;
  void (*label_push)(struct seep_label* label);
  void (*label_pop)(struct seep_label* label);
  const struct seep_label* (*label_current)(void);
  int (*start)(void);
  void (*stop)(void);
  void (*set_interval)(uint64_t bytes);
  uint64_t (*interval)(void);
  void (*mark)(const char* text);
};

/* The profiler's table, or NULL where it is absent. Looked up once. */
static inline const struct seep_api* seep_find_api(void) {
  static const struct seep_api* found;
  static int looked_up; /* 0 not yet, 1 done; a race only looks up twice */
  if (!__atomic_load_n(&looked_up, __ATOMIC_ACQUIRE)) {
    const struct seep_api* api = (const struct seep_api*)dlsym(RTLD_DEFAULT, "seep_api_v1");
    __atomic_store_n(&found, api, __ATOMIC_RELAXED);
    __atomic_store_n(&looked_up, 1, __ATOMIC_RELEASE);
  }
  return __atomic_load_n(&found, __ATOMIC_RELAXED);
}

/* 1 where the profiler is in the process. */
static inline int seep_present(void) { return seep_find_api() ? 1 : 0; }

/* Resumes sampling at the interval that was in force before seep_stop. Returns 0, or -1 where there
 * is no profiler or it could not start. */
static inline int seep_start(void) {
  const struct seep_api* api = seep_find_api();
  return api ? api->start() : -1;
}

/* Stops drawing new samples; frees of live samples are still recorded. */
static inline void seep_stop(void) {
  const struct seep_api* api = seep_find_api();
  if (api) api->stop();
}

/* Mean bytes between samples; 0 stops. Each thread follows within 4 MiB of its own allocations. */
static inline void seep_set_interval(uint64_t bytes) {
  const struct seep_api* api = seep_find_api();
  if (api) api->set_interval(bytes);
}

/* The interval in force; 0: off or absent. */
static inline uint64_t seep_interval(void) {
  const struct seep_api* api = seep_find_api();
  return api ? api->interval() : 0;
}

/* Leaves a line with the time in the recording ("deploy 1234"), cut at 111 bytes. */
static inline void seep_mark(const char* text) {
  const struct seep_api* api = seep_find_api();
  if (api) api->mark(text);
}

/* Tags the samples of this thread until the pop, in strict nesting. Labels are interned only when a
 * sample falls. At most 4,096 distinct (key, value) chains are kept; later ones count as "other".
 */
static inline void seep_label_push(struct seep_label* label, const char* key, const char* value,
                                   size_t value_length) {
  const struct seep_api* api = seep_find_api();
  label->key = key;
  label->value = value;
  label->value_length = value_length;
  if (api) api->label_push(label);
}

static inline void seep_label_pop(struct seep_label* label) {
  const struct seep_api* api = seep_find_api();
  if (api) api->label_pop(label);
}

#ifdef __cplusplus
} /* extern "C" */

#include <string>

namespace seep {

/* seep::ScopedLabel label("cluster", name); tags what this thread allocates in the scope. */
class ScopedLabel {
 public:
  ScopedLabel(const char* key, const char* value) : ScopedLabel(key, value, Length(value)) {}
  /* `value` must outlive the scope. */
  ScopedLabel(const char* key, const std::string& value)
      : ScopedLabel(key, value.data(), value.size()) {}
  ScopedLabel(const char* key, std::string&& value) = delete;
  ScopedLabel(const char* key, const char* value, size_t length) {
    seep_label_push(&label_, key, value, length);
  }
  /* Carries a label to another thread: call Current() there, pass it here. */
  explicit ScopedLabel(const seep_label* carried)
      : ScopedLabel(carried ? carried->key : "", carried ? carried->value : "",
                    carried ? carried->value_length : 0) {}
  ~ScopedLabel() { seep_label_pop(&label_); }

  ScopedLabel(const ScopedLabel&) = delete;
  ScopedLabel& operator=(const ScopedLabel&) = delete;

  /* The innermost label of this thread; NULL: none. Valid while its scope lasts. */
  static const seep_label* Current() {
    const seep_api* api = seep_find_api();
    return api ? api->label_current() : nullptr;
  }

 private:
  static size_t Length(const char* text) {
    size_t n = 0;
    while (text[n] != '\0') ++n;
    return n;
  }
  seep_label label_ = {};
};

} /* namespace seep */
#endif

#endif /* SEEP_SEEP_H_ */
