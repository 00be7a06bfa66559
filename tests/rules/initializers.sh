#!/bin/bash
# initializers.sh LIBRARY: nothing in the library waits for a dynamic initialiser. Its tables are in use
# before those run, and one that ran late would wipe them. .init_array holds two entries of 8 bytes:
# the compiler's own and our constructor.
set -euo pipefail
size=$(readelf -SW "$1" | sed -n 's/.* \.init_array *INIT_ARRAY *[0-9a-f]* [0-9a-f]* \([0-9a-f]*\) .*/\1/p')
[[ $size == 000010 ]] && exit 0
echo "$1: .init_array has 0x$size bytes, not 0x10: make the new global constinit" >&2
exit 1
