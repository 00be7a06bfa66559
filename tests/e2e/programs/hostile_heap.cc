// hostile_heap [--objects N] [--successor] [--undumpable]: a heap of N tenants of 48 bytes, among
// them objects whose vtables and type names are forged; quiet after it has said "ready", until a
// line tells it to
//
//   exit US        end in so many microseconds
//   exec US        become another program: this one, whose objects are then successors
//   damage SEED    write wrong words into its heap, its allocator and its types from now on
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <typeinfo>

struct Tenant {
  virtual ~Tenant() = default;
  uint64_t room[4] = {1, 2, 3, 4};
};
struct Successor {
  virtual ~Successor() = default;
  uint64_t room[4] = {5, 6, 7, 8};
};
// Each has another kind of type_info: __class_, __si_class_, __vmi_class_.
struct Plain {
  virtual ~Plain() = default;
};
struct Single : Plain {};
struct Other {
  virtual ~Other() = default;
};
struct Multiple : Plain, Other {};

namespace {

// --- Forged types
// -----------------------------------------------------------------------------------

struct ForgedType {
  const void* kind;
  const char* name;
  uint64_t rest[8];  // __si_: the base; __vmi_: flags and number of bases, {base, offset_flags} …
};
struct ForgedVtable {
  int64_t offset_to_top;
  const ForgedType* type;
  void (*method)();
};
ForgedType g_types[8];
ForgedVtable g_vtables[8];
char g_endless_name[2 << 20];

const void* KindOf(const std::type_info& type) {
  return *reinterpret_cast<const void* const*>(&type);
}

void Forge() {
  memset(g_endless_name, 'a', sizeof g_endless_name);
  g_endless_name[0] = '9';
  const void* plain = KindOf(typeid(Plain));
  const void* single = KindOf(typeid(Single));
  const void* multiple = KindOf(typeid(Multiple));
  auto address = [](const ForgedType& type) { return reinterpret_cast<uint64_t>(&type); };
  g_types[0] = {plain, g_endless_name, {}};
  g_types[1] = {plain, "9\x1b[31mred\x07", {}};
  g_types[2] = {plain, "9\xe2\x80\xaereversed", {}};
  g_types[3] = {single, "5Ring1", {address(g_types[4])}};
  g_types[4] = {single, "5Ring2", {address(g_types[3])}};
  g_types[5] = {multiple, "6Legion", {~uint64_t{0}}};
  g_types[6] = {multiple,
                "8Ouroboro",
                {uint64_t{2} << 32, address(g_types[6]), 2, address(g_types[3]), ~uint64_t{0}}};
  g_types[7] = {plain, nullptr, {}};
  for (int i = 0; i < 8; ++i) g_vtables[i] = {i % 2 * -8, &g_types[i], nullptr};
}

// --- Damage
// -----------------------------------------------------------------------------------------

// The damaging thread calls no library, whose data it damages, too.
long Call(long number, long a, long b) {
  long result;
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
  return result;
}

struct Places {
  uint64_t** words;
  uint64_t count;
};
constexpr uint64_t kMaxPlaces = uint64_t{1} << 22;
constexpr uint64_t kOfOneMapping = 1 << 18;
Places g_places;

// Words that are not zero, evenly from each mapping that the process may write and that is no
// stack.
void FindPlaces() {
  size_t bytes = kMaxPlaces * sizeof(uint64_t*);
  void* table = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_places = {static_cast<uint64_t**>(table), 0};
  FILE* maps = fopen("/proc/self/maps", "re");
  char line[4096];
  while (fgets(line, sizeof line, maps) != nullptr) {
    uint64_t begin, end;
    char permissions[5];
    if (sscanf(line, "%lx-%lx %4s", &begin, &end, permissions) != 3) continue;
    if (strcmp(permissions, "rw-p") != 0 || strstr(line, "[stack") != nullptr) continue;
    uint64_t stride = 8 * ((end - begin) / 8 / kOfOneMapping + 1);
    for (uint64_t at = begin; at < end && g_places.count < kMaxPlaces; at += stride) {
      auto* word = reinterpret_cast<uint64_t*>(at);
      if (*word != 0) g_places.words[g_places.count++] = word;
    }
  }
  fclose(maps);
}

uint64_t Random(uint64_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

// `argument`: the seed. Its stack is mapped after the places were found.
[[noreturn]] void* Damage(void* argument) {
  auto random = reinterpret_cast<uint64_t>(argument) * 2862933555777941757u + 3037000493u;
  Places places = g_places;
  ForgedVtable* vtables = g_vtables;
  for (;;) {
    for (int i = 0; i < 64; ++i) {
      uint64_t* place = places.words[Random(&random) % places.count];
      uint64_t* other = places.words[Random(&random) % places.count];
      uint64_t wrong[] = {0,
                          *other,
                          *place + 8 * (Random(&random) % 9) - 32,
                          *place ^ uint64_t{1} << Random(&random) % 64,
                          Random(&random),
                          Random(&random) % 4096,
                          reinterpret_cast<uint64_t>(place),
                          reinterpret_cast<uint64_t>(other),
                          reinterpret_cast<uint64_t>(&vtables[Random(&random) % 8].method)};
      *static_cast<volatile uint64_t*>(place) = wrong[Random(&random) % 9];
    }
    long pause[2] = {0, 200'000};  // a timespec
    Call(SYS_nanosleep, reinterpret_cast<long>(pause), 0);
  }
}

// --- The heap
// ---------------------------------------------------------------------------------------

template <typename T>
void Make(uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    T* object = new T;
    asm volatile("" ::"r"(object) : "memory");
  }
}

void Fill(uint64_t objects, bool successor) {
  successor ? Make<Successor>(objects) : Make<Tenant>(objects);
  Forge();
  for (int i = 0; i < 800; ++i) {
    auto* block = static_cast<void**>(malloc(64));
    block[0] = &g_vtables[i % 8].method;
    asm volatile("" ::"r"(block) : "memory");
  }
  // Lists of freed blocks of every kind.
  static void* blocks[4000];
  for (int i = 0; i < 4000; ++i) blocks[i] = malloc(static_cast<size_t>(16 + i * 37 % 3000));
  for (int i = 0; i < 4000; i += 2) free(blocks[i]);
}

void Obey(const char* line) {
  uint64_t number = 0;
  char verb[16];
  if (sscanf(line, "%15s %lu", verb, &number) != 2) return;
  if (strcmp(verb, "damage") == 0) {
    FindPlaces();
    pthread_t thread;
    pthread_create(&thread, nullptr, Damage, reinterpret_cast<void*>(number));
    pause();  // in the kernel for good: what this thread needs may be damaged
  }
  usleep(static_cast<useconds_t>(number));
  if (strcmp(verb, "exit") == 0) _exit(0);
  if (strcmp(verb, "exec") == 0) {
    execl("/proc/self/exe", "hostile_heap", "--objects", "200000", "--successor", nullptr);
  }
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t objects = 1'000'000;
  bool successor = false;
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--objects") == 0 && i + 1 < argc) {
      objects = strtoull(argv[++i], nullptr, 10);
    }
    successor |= strcmp(argv[i], "--successor") == 0;
    if (strcmp(argv[i], "--undumpable") == 0) prctl(PR_SET_DUMPABLE, 0);
  }
  Fill(objects, successor);
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  char line[64];
  for (ssize_t n; (n = read(STDIN_FILENO, line, sizeof line - 1)) > 0;) {
    line[n] = '\0';
    Obey(line);
  }
  _exit(0);
}
