"""The repository's own files, as the rules see them."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The folders of the data flow (docs/design.md), and what stands around them.
STAGES = ("base", "snapshot", "profiler", "symbolizer", "heap", "analysis", "report", "gdb",
          "cli")
CODE_FOLDERS = STAGES + ("examples", "tests")
CODE_SUFFIXES = (".h", ".cc", ".c", ".S")

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def repository_files(root=ROOT):
    """Every file that git holds or would hold, as paths relative to the root."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        cwd=root, check=True, capture_output=True)
    names = [Path(name) for name in listing.stdout.decode().split("\0") if name]
    return sorted(name for name in names if (root / name).is_file())


def code_files(root=ROOT):
    return [f for f in repository_files(root)
            if f.suffix in CODE_SUFFIXES and f.parts[0] in CODE_FOLDERS]


def includes(text):
    """(line number, file, quoted) of every #include."""
    for match in _INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start(2)) + 1
        yield line, match.group(2), match.group(1) == '"'


def finish(problems, checked):
    """Prints what was found and ends the test. A rule that looked at nothing has failed."""
    print(*problems, sep="\n", end="\n" if problems else "", flush=True)
    if not checked:
        sys.exit("nothing was checked")
    if problems:
        sys.exit(f"{len(problems)} violations")
    print(f"ok: {checked}")
