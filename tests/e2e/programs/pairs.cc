// pairs: allocates and frees by every pair of new and delete; 100 blocks by each array form stay.
#include <unistd.h>

#include <new>

#include "profiler/include/seep/seep.h"

namespace {

struct Object {
  ~Object() { payload[0] = 1; }
  volatile long payload[6];
};
struct alignas(64) Aligned {
  ~Aligned() { payload[0] = 1; }
  volatile long payload[8];
};

template <typename T>
void MakeAndDelete() {
  seep::ScopedLabel label("by", "freed");
  for (int i = 0; i < 1000; ++i) {
    T* volatile one = new T;
    delete one;
    T* volatile many = new T[3];
    delete[] many;
    T* volatile perhaps = new (std::nothrow) T;
    delete perhaps;
    T* volatile perhaps_many = new (std::nothrow) T[3];
    delete[] perhaps_many;
  }
}

template <typename T>
void Keep() {
  seep::ScopedLabel label("by", "kept");
  for (int i = 0; i < 100; ++i) {
    T* volatile kept = new T[3];
    T* volatile perhaps = new (std::nothrow) T;
    (void)kept;
    (void)perhaps;
  }
}

}  // namespace

int main() {
  MakeAndDelete<Object>();
  MakeAndDelete<Aligned>();
  Keep<Object>();
  Keep<Aligned>();
  _exit(0);
}
