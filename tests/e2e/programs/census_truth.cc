// census_truth FILE [--mib N] [--objects N] [--largest N] [--churn]: fills its heap with threads as
// a server does, writes down what is live and what is free, says "ready", and waits for the end of
// its input.
//
//   live ADDRESS BYTES CLASS      CLASS: as the source spells it; "-": no object
//   free ADDRESS BYTES            has been freed; a live block may be there again
//
// --churn: threads go on allocating and freeing what is not in FILE. --mib N: one block of N MiB,
// untouched. --objects N: of each class and thread (default 2000). --largest N: other blocks have
// up to N MiB (default 600).
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

struct Env;

namespace common {
template <typename R, typename... A>
struct Closure {
  virtual ~Closure() = default;
  virtual R Run(A...) = 0;
};
}  // namespace common

struct Handler {
  void Check(Env*) {}
};

namespace common {
template <typename T, typename R, typename... A>
struct MethodClosure final : Closure<R, A...> {
  using Method = R (T::*)(A...);
  MethodClosure(T* object, Method method) : object(object), method(method) {}
  R Run(A... arguments) override { return (object->*method)(arguments...); }
  T* object;
  Method method;
};
}  // namespace common
using Call = common::MethodClosure<Handler, void, Env*>;

struct Left {
  virtual ~Left() = default;
  uint64_t left = 1;
};
struct Right {
  virtual ~Right() = default;
  uint64_t right = 2;
};
struct Both : Left, Right {
  uint64_t both = 3;
};
struct Diamond : virtual Left, virtual Right {
  uint64_t diamond = 4;
};
struct Session {
  virtual ~Session() = default;
  uint64_t number = 5;
};
struct Cell {
  virtual ~Cell() = default;
  uint64_t cell[3] = {};
};

namespace {

constexpr uint64_t kThreads = 8;
constexpr uint64_t kEntries = uint64_t{1} << 19;  // of each thread's log

struct Entry {
  void* block;
  uint64_t bytes;
  const char* name;  // null: freed
};

// Outside of the heap.
struct Log {
  Entry* entries =
      static_cast<Entry*>(mmap(nullptr, kEntries * sizeof(Entry), PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  uint64_t count = 0;

  void Live(void* block, uint64_t bytes, const char* name) {
    if (count == kEntries) abort();
    entries[count++] = {block, bytes, name};
  }
};
Log g_logs[kThreads + 1];
thread_local Log* t_log = &g_logs[kThreads];

struct Nothing {
  static constexpr const char* kName = "-";
};
struct SessionInside {
  static constexpr const char* kName = "Session";
};

// A container's blocks are in the log, too: its nodes hold a `Held`, its arrays of pointers do not.
template <typename T, typename Held = Nothing>
struct Logged {
  using value_type = T;
  Logged() = default;
  template <typename U>
  explicit(false) Logged(const Logged<U, Held>&) {}
  template <typename U>
  struct rebind {
    using other = Logged<U, Held>;
  };
  T* allocate(size_t n) {
    T* block = static_cast<T*>(malloc(n * sizeof(T)));
    t_log->Live(block, n * sizeof(T), std::is_pointer_v<T> ? "-" : Held::kName);
    return block;
  }
  void deallocate(T* block, size_t) {
    for (uint64_t i = t_log->count; i-- > 0;) {
      if (t_log->entries[i].block == block && t_log->entries[i].name != nullptr) {
        t_log->entries[i].name = nullptr;
        break;
      }
    }
    free(block);
  }
  bool operator==(const Logged&) const { return true; }
};

template <typename T, typename... A>
T* Make(const char* name, A... arguments) {
  T* object = new T(arguments...);
  asm volatile("" ::"r"(object) : "memory");
  t_log->Live(object, sizeof(T), name);
  return object;
}

uint64_t Random(uint64_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

void FreeEntry(Entry* entry) {
  if (entry->name == nullptr) return;
  free(entry->block);  // no destructor of ours frees anything else
  entry->name = nullptr;
}

uint64_t g_objects = 2000;
std::atomic<uint64_t> g_arrived{0};
std::atomic<bool> g_leave{false};
bool g_churn = false;

void MeetOthers(uint64_t round) {
  ++g_arrived;
  while (g_arrived < round * kThreads) usleep(200);
}

// Its constructor never ends: what is there is a Half until then, and no Whole.
struct Half {
  Half() {
    MeetOthers(3);
    while (!g_leave) usleep(1000);
  }
  virtual ~Half() = default;
  uint64_t half = 6;
};
struct Whole final : Half {
  uint64_t whole[4] = {};
};
void MakeHalf() {
  void* block = malloc(sizeof(Whole));
  memset(block, 0, sizeof(Whole));
  t_log->Live(block, sizeof(Whole), "(anonymous namespace)::Half");
  new (block) Whole;
}

void Raw(uint64_t bytes) {
  void* block = malloc(bytes);
  memset(block, 0x5a, bytes < 64 ? bytes : 64);
  t_log->Live(block, bytes, "-");
}

using Tree = std::map<uint64_t, std::unique_ptr<Session>, std::less<>,
                      Logged<std::pair<const uint64_t, std::unique_ptr<Session>>>>;
using Hash = std::unordered_map<uint64_t, Session, std::hash<uint64_t>, std::equal_to<>,
                                Logged<std::pair<const uint64_t, Session>, SessionInside>>;
using Shared = std::vector<std::shared_ptr<Session>, Logged<std::shared_ptr<Session>>>;

// Of each thread, outlives it, and is not on the heap itself.
template <typename T>
T& Immortal() {
  alignas(T) static char places[kThreads][sizeof(T)];
  return *new (places[t_log - g_logs]) T;
}

void Fill(uint64_t* random) {
  static Handler handler;
  for (uint64_t i = 0; i < g_objects; ++i) {
    Make<Call>("common::MethodClosure<Handler, void, Env*>", &handler, &Handler::Check);
    Make<Both>("Both");
    Make<Diamond>("Diamond");
    Make<Session>("Session");
    uint64_t kind = Random(random) % 1000;
    uint64_t draw = Random(random);
    Raw(kind < 800 ? 1 + draw % 512 : kind < 995 ? 1 + draw % 16384 : 1 + draw % 600'000);
  }
  auto& tree = Immortal<Tree>();
  auto& hash = Immortal<Hash>();
  auto& shared = Immortal<Shared>();
  shared.reserve(200);
  for (uint64_t i = 0; i < 200; ++i) {
    shared.push_back(std::allocate_shared<Session>(Logged<Session, SessionInside>()));
  }
  for (uint64_t i = 0; i < 200; ++i) tree.emplace(i, Make<Session>("Session"));
  for (uint64_t i = 0; i < 200; ++i) hash.try_emplace(i);
  for (uint64_t i = 0; i < 50; ++i) {
    Cell* cells = new Cell[5];
    asm volatile("" ::"r"(cells) : "memory");
    t_log->Live(reinterpret_cast<uint64_t*>(cells) - 1, 8 + 5 * sizeof(Cell), "Cell[]");
  }
}

// Frees two in five entries of a log, and puts other things in places that have held objects.
void Thin(Log* log, uint64_t* random) {
  uint64_t count = log->count;
  for (uint64_t i = 0; i < count; ++i) {
    bool ours = log->entries[i].name != nullptr && log->entries[i].name[0] != '-';
    if (ours && Random(random) % 5 < 2) FreeEntry(&log->entries[i]);
  }
}

// Blocks that are in no log. At most one at a time of each thread holds what was there before.
void Churn(uint64_t* random) {
  void* blocks[100];
  for (void*& block : blocks) {
    uint64_t bytes = 1 + Random(random) % 2048;
    block = malloc(bytes);
    memset(block, 1, bytes);
    asm volatile("" ::"r"(block) : "memory");
  }
  for (void* block : blocks) free(block);
}

void* Work(void* argument) {
  auto thread = reinterpret_cast<uint64_t>(argument);
  t_log = &g_logs[thread];
  uint64_t random = 88172645463325252u + thread * 977;
  Fill(&random);
  MeetOthers(1);
  Thin(&g_logs[(thread + 1) % kThreads], &random);  // another thread's blocks
  MeetOthers(2);
  for (uint64_t i = 0; i < g_objects / 8; ++i) Raw(sizeof(Both));  // on freed objects, in part
  Thin(t_log, &random);
  if (thread == kThreads - 1) MakeHalf();
  MeetOthers(3);
  if (thread < 2) return nullptr;  // some threads end, the others keep their caches
  while (!g_leave) {
    if (g_churn) {
      Churn(&random);
    } else {
      usleep(1000);
    }
  }
  return nullptr;
}

void Write(const char* path) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  static char line[256];
  static char buffer[1 << 20];
  size_t used = 0;
  for (const Log& log : g_logs) {
    for (uint64_t i = 0; i < log.count; ++i) {
      const Entry& entry = log.entries[i];
      auto n = static_cast<size_t>(
          entry.name != nullptr
              ? snprintf(line, sizeof line, "live %p %lu %s\n", entry.block, entry.bytes,
                         entry.name)
              : snprintf(line, sizeof line, "free %p %lu\n", entry.block, entry.bytes));
      if (used + n > sizeof buffer) {
        if (write(fd, buffer, used) < 0) abort();
        used = 0;
      }
      memcpy(buffer + used, line, n);
      used += n;
    }
  }
  if (write(fd, buffer, used) < 0) abort();
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  uint64_t mib = 0, largest = 600;
  for (int i = 2; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--mib") == 0) mib = strtoull(argv[i + 1], nullptr, 10);
    if (strcmp(argv[i], "--largest") == 0) largest = strtoull(argv[i + 1], nullptr, 10);
    if (strcmp(argv[i], "--objects") == 0) g_objects = strtoull(argv[i + 1], nullptr, 10);
  }
  g_churn = strcmp(argv[argc - 1], "--churn") == 0;
  pthread_t threads[kThreads];
  for (uint64_t t = 0; t < kThreads; ++t) {
    pthread_create(&threads[t], nullptr, Work, reinterpret_cast<void*>(t));
  }
  while (g_arrived < 3 * kThreads) usleep(1000);
  pthread_join(threads[0], nullptr);
  pthread_join(threads[1], nullptr);
  for (uint64_t bytes = 1; bytes <= (largest << 20); bytes *= 3) Raw(bytes);
  Raw(largest << 20);
  if (mib > 0) t_log->Live(malloc(mib << 20), mib << 20, "-");
  Write(argv[1]);
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  _exit(0);
}
