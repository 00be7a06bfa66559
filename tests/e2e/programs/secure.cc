// secure: linked with the profiler. Allocates; prints "secure" if the kernel says that it runs with
// more rights than its caller, and the sampling interval.
#include <sys/auxv.h>

#include <cstdio>
#include <cstdlib>

#include "profiler/include/seep/seep.h"

int main() {
  for (int i = 0; i < 1000; ++i) free(malloc(100));
  printf("%s %lu\n", getauxval(AT_SECURE) != 0 ? "secure" : "plain", seep_interval());
}
