// An allocator that signal handlers may use: glibc's, with all signals blocked meanwhile. Preloaded
// behind libseep.so, so that handlers interrupt the profiler at any place, and glibc's malloc
// never.
#include <signal.h>

#include <cerrno>
#include <cstddef>

extern "C" {
void* __libc_malloc(size_t);
void __libc_free(void*);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
}

namespace {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() {
    int saved = errno;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = saved;
  }

 private:
  sigset_t before_;
};

}  // namespace

extern "C" {
void* malloc(size_t size) {
  SignalsBlocked blocked;
  return __libc_malloc(size);
}
void free(void* block) {
  SignalsBlocked blocked;
  __libc_free(block);
}
void* calloc(size_t count, size_t size) {
  SignalsBlocked blocked;
  return __libc_calloc(count, size);
}
void* realloc(void* block, size_t size) {
  SignalsBlocked blocked;
  return __libc_realloc(block, size);
}
void* memalign(size_t alignment, size_t size) {
  SignalsBlocked blocked;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** out, size_t alignment, size_t size) {
  *out = memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}
}
