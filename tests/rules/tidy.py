#!/usr/bin/python3
"""tidy.py BUILD_DIRECTORY: clang-tidy, with the repository's .clang-tidy, is silent on production code.

A file that passed is looked at again when it, a header of ours that it includes, its command line or
.clang-tidy has changed: clang-tidy takes seconds a file. BUILD_DIRECTORY/tidy remembers.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from sources import CODE_FOLDERS, ROOT, STAGES, finish, includes


def with_own_includes(file):
    """The file and all headers of ours that it includes, however far down."""
    found, todo = set(), [file]
    while todo:
        path = todo.pop()
        if path in found or not path.is_file():
            continue
        found.add(path)
        todo += [ROOT / name for _, name, _ in includes(path.read_text())
                 if name.split("/")[0] in CODE_FOLDERS]
    return sorted(found)


def fingerprint(entry):
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes() + entry["command"].encode())
    for path in with_own_includes(Path(entry["file"])):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def check(build, entry):
    """The complaints about one file; empty: none."""
    passed = build / "tidy" / fingerprint(entry)
    if passed.exists():
        return []
    run = subprocess.run(["clang-tidy", "--quiet", "-p", str(build), entry["file"]],
                         capture_output=True, text=True)
    complaints = re.findall(r"^.*: (?:error|warning): .*$", run.stdout, re.MULTILINE)
    if run.returncode != 0:
        return complaints or [f"{entry['file']}: clang-tidy failed: {run.stderr}"]
    passed.touch()
    return []


def is_production(entry):
    file = Path(entry["file"])
    return file.suffix == ".cc" and file.is_relative_to(ROOT) and (
        file.relative_to(ROOT).parts[0] in STAGES + ("examples",))


def main(build_directory):
    build = Path(build_directory)
    (build / "tidy").mkdir(exist_ok=True)
    entries = [e for e in json.loads((build / "compile_commands.json").read_text())
               if is_production(e)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = list(pool.map(lambda entry: check(build, entry), entries))
    finish(sorted({line for lines in complaints for line in lines}), len(entries))


if __name__ == "__main__":
    main(*sys.argv[1:])
