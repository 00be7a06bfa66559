#!/usr/bin/python3
"""tidy.py BUILD_DIRECTORY [--all]: clang-tidy, with the repository's .clang-tidy, is silent.

clang-tidy takes 5 s a file, so by default it looks at what the last commit and the working tree
changed; --all looks at everything (tools/tidy). A file that passed is looked at again only when it,
a header of ours that it includes, its command line or .clang-tidy has changed: BUILD_DIRECTORY/tidy
remembers.
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
    return found


def production(build):
    """Compile command and own headers of each production source, by path."""
    commands = json.loads((build / "compile_commands.json").read_text())
    files = {Path(entry["file"]): entry["command"] for entry in commands}
    return {file: (command, with_own_includes(file)) for file, command in files.items()
            if file.is_relative_to(ROOT)
            and file.relative_to(ROOT).parts[0] in STAGES + ("examples",)}


def changed_files():
    """What the last commit and the working tree changed; None: there is no commit before it."""
    git = ["git", "-c", "safe.directory=*", "diff", "--name-only", "HEAD~1"]
    run = subprocess.run(git, cwd=ROOT, capture_output=True, text=True)
    return {ROOT / name for name in run.stdout.splitlines()} if run.returncode == 0 else None


def touched_by(changed, sources):
    """The changed sources, and for each changed header one source that shows it to clang-tidy."""
    chosen = changed & sources.keys()
    for header in changed - chosen:
        users = [file for file, (_, own) in sources.items() if header in own]
        users.sort(key=lambda file: (file not in chosen, file.stem != header.stem, file))
        chosen |= set(users[:1])
    return chosen


def complaints_about(file, command, own, build):
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes() + command.encode())
    for path in sorted(own):
        digest.update(path.read_bytes())
    passed = build / "tidy" / digest.hexdigest()
    if passed.exists():
        return []
    run = subprocess.run(["clang-tidy", "--quiet", "-p", str(build), str(file)],
                         capture_output=True, text=True)
    if run.returncode == 0:
        passed.touch()
        return []
    return (re.findall(r"^.*: (?:error|warning): .*$", run.stdout, re.MULTILINE) or
            [f"{file}: clang-tidy failed: {run.stderr}"])


def main(build_directory, *options):
    build = Path(build_directory)
    (build / "tidy").mkdir(exist_ok=True)
    sources = production(build)
    changed = None if options == ("--all",) else changed_files()
    chosen = sources.keys() if changed is None else touched_by(changed, sources)
    print(f"{len(chosen)} of {len(sources)} sources", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda file: complaints_about(file, *sources[file], build), sorted(chosen))
        finish(sorted({line for lines in found for line in lines}), len(sources))


if __name__ == "__main__":
    main(*sys.argv[1:])
