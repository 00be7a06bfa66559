#!/bin/bash
# install.sh BUILD_DIRECTORY: what `cmake --install` puts under a prefix is a whole contract: the
# command, the library, the header, and packages for CMake and pkg-config with which a program that
# never calls Seep is profiled, whatever its linker drops (--as-needed) and wherever it names its
# allocator.
set -euo pipefail
build=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix="$scratch/pre fix"

fail() {
  echo "$*" >&2
  exit 1
}

# An executable's first needed library is ours, and running it leaves a recording.
check_program() {
  local program=$1 recordings=$scratch/recordings.$2
  mkdir "$recordings"
  readelf -dW "$program" | grep NEEDED | sed -n 1p | grep -q 'libseep\.so' ||
    fail "$2: libseep.so is not its first needed library: $(readelf -dW "$program" | grep NEEDED)"
  SEEP_OPTIONS="sample=4KiB:output=$recordings" "$program" || fail "$2: exit code $?"
  [[ -n $(ls -A "$recordings") ]] || fail "$2: no recording was made"
}

cmake --install "$build" --prefix "$prefix" >"$scratch/log" || fail "$(cat "$scratch/log")"
for file in bin/seep lib/libseep.so include/seep/seep.h lib/cmake/seep/seep-config.cmake \
  lib/pkgconfig/seep.pc share/seep/gdb/seep.py; do
  [[ -f $prefix/$file ]] || fail "not installed: $file"
done
"$prefix/bin/seep" --help >/dev/null || fail "the installed seep does not start"
if grep -rlIF "$build" "$prefix/lib" "$prefix/include"; then fail "these name the build directory"; fi

# Moved elsewhere, it still works: nothing in it knows its place.
mv "$prefix" "$scratch/moved pre fix"
prefix="$scratch/moved pre fix"
script=$("$prefix/bin/seep" gdb-script)
[[ $script == "$prefix/share/seep/gdb/seep.py" ]] || fail "the script for gdb is at $script"

cmake -S "$here/consumer" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_EXE_LINKER_FLAGS=-Wl,--as-needed >"$scratch/log" || fail "$(cat "$scratch/log")"
cmake --build "$scratch/build" >"$scratch/log" || fail "$(cat "$scratch/log")"
check_program "$scratch/build/in_c" cmake_c
check_program "$scratch/build/in_cpp" cmake_cpp

export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
eval "link=($(pkg-config --cflags --libs seep))"
gcc -Wl,--as-needed "$here/consumer/app.c" "${link[@]}" -o "$scratch/by_pkg_config" \
  -Wl,-rpath,"$prefix/lib"
check_program "$scratch/by_pkg_config" pkg_config

# The header alone: the same program runs without the profiler, and says so.
g++ -I"$prefix/include" "$here/consumer/app.cc" -o "$scratch/without"
status=0
"$scratch/without" || status=$?
((status == 1)) || fail "without the profiler: exit code $status, expected 1"
echo "ok"
