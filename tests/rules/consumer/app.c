#include <stdlib.h>
#include <string.h>

int main(void) {
  for (int i = 0; i != 1000; ++i) {
    char* kept = malloc(1000);
    if (kept == NULL) return 1;
    memset(kept, i, 1000);
  }
  return 0;
}
