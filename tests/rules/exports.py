#!/usr/bin/python3
"""exports.py LIBSEEP MAP: the library shows the symbols that its export map lists, and no others.

A preloaded library that shows more takes its host's symbols: every name here replaces the host's.
"""

import re
import subprocess
import sys
from pathlib import Path

from sources import finish


def listed(map_file):
    text = re.sub(r"/\*.*?\*/|#[^\n]*", "", Path(map_file).read_text(), flags=re.DOTALL)
    names = re.search(r"global:(.*?)local:\s*\*", text, re.DOTALL).group(1)
    return {name.strip() for name in names.split(";") if name.strip()}


def shown(library):
    output = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                            capture_output=True, text=True).stdout
    rows = (line.split() for line in output.splitlines())
    return {name.split("@")[0] for _, kind, name in rows if kind != "A"}


def main(library, map_file):
    wanted, found = listed(map_file), shown(library)
    problems = [f"exported, but not in the map: {name}" for name in sorted(found - wanted)]
    problems += [f"in the map, but not exported: {name}" for name in sorted(wanted - found)]
    finish(problems, len(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
