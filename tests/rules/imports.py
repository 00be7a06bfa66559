#!/usr/bin/python3
"""imports.py LIBSEEP: what the library asks of the host.

The host may be any C program on any glibc since 2.28, and we are inside its malloc. So: libc is the
only library needed, no symbol is younger than GLIBC_2.28, and every symbol is one that was looked
at and put on the list (imports.allow). What allocates, locks, prints or throws is not on it.
"""

import re
import subprocess
import sys
from pathlib import Path

from sources import finish

OLDEST_GLIBC = (2, 28)
ALLOW = Path(__file__).with_name("imports.allow")

# Left in any shared object by the toolchain; weak, and absent where not needed.
TOOLCHAIN = {"__cxa_finalize", "__gmon_start__", "_ITM_deregisterTMCloneTable",
             "_ITM_registerTMCloneTable"}


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed(library):
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", output_of("readelf", "-dW", library)))


def undefined(library):
    """name → its symbol version, or "" where it has none."""
    rows = (line.split() for line in output_of("readelf", "--dyn-syms", "-W", library).splitlines())
    names = [row[7] for row in rows if len(row) > 7 and row[6] == "UND"]
    return dict((name.split("@") + [""])[:2] for name in names)


def allowed():
    lines = (line.split("#")[0].strip() for line in ALLOW.read_text().splitlines())
    return {name for line in lines for name in line.split()}


def main(library):
    symbols = undefined(library)
    problems = [f"needs {name}" for name in sorted(needed(library) - {"libc.so.6"})]
    for name, version in sorted(symbols.items()):
        number = re.fullmatch(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?", version)
        if version and not number:
            problems.append(f"{name}: version {version} is not one of glibc's")
        if number and tuple(map(int, number.groups())) > OLDEST_GLIBC:
            problems.append(f"{name}: {version} is younger than GLIBC_2.28")
        if name not in allowed() | TOOLCHAIN:
            problems.append(f"{name}: not in {ALLOW.name}")
    problems += [f"{name}: in {ALLOW.name}, but not used"
                 for name in sorted(allowed() - symbols.keys())]
    finish(problems, len(symbols))


if __name__ == "__main__":
    main(*sys.argv[1:])
