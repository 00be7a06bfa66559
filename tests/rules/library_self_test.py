#!/usr/bin/python3
"""The rules about libseep.so find what is wrong with a library that breaks each of them."""

import subprocess
import tempfile
from pathlib import Path

from sources import finish

HERE = Path(__file__).parent

# Exports what is not in its map, lacks what is, needs libm, prints; its malloc calls and locks.
BAD_LIBRARY = r"""
#include <math.h>
#include <stdio.h>
#define SHOWN __attribute__((visibility("default")))
__attribute__((noinline)) static int note(double x) { return printf("%f", sqrt(x)); }
static long count;
SHOWN void* malloc(unsigned long n) {
  note((double)n);
  __atomic_fetch_add(&count, 1, __ATOMIC_SEQ_CST);
  return &count;
}
SHOWN void leaked_name(void) {}
"""
MAP = "{ global: malloc; free; /* not: */ local: *; };"

EXPECTED = {
    "exports.py": ["not in the map: leaked_name", "not exported: free"],
    "imports.py": ["needs libm.so.6", "printf: not in imports.allow"],
    "fast_path.py": ["malloc: on the unsampled path: call", "malloc: on the unsampled path: lock",
                     "malloc: does not hand over"],
}


def main():
    problems = []
    with tempfile.TemporaryDirectory() as scratch:
        library, export_map = f"{scratch}/bad.so", Path(scratch, "exports.map")
        export_map.write_text(MAP)
        subprocess.run(["gcc", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-fno-builtin",
                        "-xc", "-", "-o", library, "-lm"],
                       input=BAD_LIBRARY, text=True, check=True)
        for rule, messages in EXPECTED.items():
            arguments = [library, export_map] if rule == "exports.py" else [library]
            run = subprocess.run([HERE / rule, *arguments], capture_output=True, text=True)
            if run.returncode == 0:
                problems.append(f"{rule} found nothing")
            problems += [f"{rule} does not say: {message}" for message in messages
                         if message not in run.stdout]
    finish(problems, len(EXPECTED))


if __name__ == "__main__":
    main()
