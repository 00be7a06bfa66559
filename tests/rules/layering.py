#!/usr/bin/python3
"""Reads every #include and holds it against the table of docs/design.md: who may include whom."""

from sources import CODE_FOLDERS, ROOT, code_files, finish, includes

CODE_VOCABULARY = {"snapshot/module.h", "snapshot/symbol_table.h"}
FILE_HEADERS = {"base/file.h", "base/unique_fd.h"}
RUNTIME_SAFE = "runtime-safe"  # a header of base says so of itself, in its first comment
PUBLIC_API = "profiler/include/"  # compiled into the user's program, not into the profiler alone

# Folder → what it may include of the others: whole folders, or single headers of one.
MAY_INCLUDE = {
    "base": set(),
    "snapshot": {"base"},
    "symbolizer": {"base"} | CODE_VOCABULARY,
    "heap": {"base", "snapshot", "symbolizer"},
    "analysis": {"base", "snapshot"},
    "report": {"base", "snapshot", "analysis"},
    "gdb": set(),  # scripts; gdb_scripts.py has the rules for them
    "cli": {"base", "snapshot", "symbolizer", "heap", "analysis", "report", "gdb"},
    "profiler": {"snapshot/recording_format.h"},  # and the runtime-safe headers of base
    "examples": set(),  # <seep/seep.h> alone, like any program
    "tests": set(CODE_FOLDERS),
}

# The profiler lives inside malloc: of C++ only what neither allocates, locks, throws nor prints.
RUNTIME_HEADERS = {
    "algorithm", "array", "atomic", "bit", "cerrno", "climits", "cmath", "compare", "concepts",
    "cstddef", "cstdint", "cstdlib", "cstring", "ctime", "iterator", "limits", "new", "span", "string_view", "tuple",
    "type_traits", "utility",
}
# Analysis is pure functions.
INPUT_OUTPUT = {"cstdio", "stdio.h", "fstream", "iostream", "filesystem", "unistd.h", "fcntl.h",
                "sqlite3.h"}


def is_runtime_safe(root, header):
    path = root / header
    return path.is_file() and RUNTIME_SAFE in path.read_text().split("#pragma once")[0].lower()


def check_ours(root, folder, name):
    """Why `folder` must not include our header `name`; None: it may."""
    other = name.split("/")[0]
    allowed = MAY_INCLUDE[folder]
    if other == folder or other in allowed or name in allowed:
        if folder == "analysis" and name in FILE_HEADERS:
            return "analysis does no input or output"
        return None
    if folder == "profiler" and other == "base":
        if is_runtime_safe(root, name):
            return None
        return f'the header does not say that it is "{RUNTIME_SAFE}"'
    return f"{folder} may include {', '.join(sorted(allowed)) or 'nothing of ours'}"


def check_foreign(folder, name, in_runtime):
    """Why a header that is not ours must not be included; None: it may."""
    if in_runtime and name.startswith("absl/"):
        return "the profiler needs libc alone"
    if in_runtime and not name.endswith(".h") and name not in RUNTIME_HEADERS:
        return "not among the headers that code inside malloc may use"
    if folder == "analysis" and (name in INPUT_OUTPUT or name.startswith("sys/")):
        return "analysis does no input or output"
    return None


def runs_inside_malloc(root, name):
    if name.startswith("profiler/"):
        return not name.startswith(PUBLIC_API)
    if name.startswith("base/"):
        return is_runtime_safe(root, name)
    return name in MAY_INCLUDE["profiler"]


def violations(root):
    found = []
    checked = 0
    for file in code_files(root):
        folder = file.parts[0]
        text = (root / file).read_text()
        in_runtime = runs_inside_malloc(root, file.as_posix())
        for line, name, quoted in includes(text):
            checked += 1
            if name.split("/")[0] in CODE_FOLDERS:
                reason = check_ours(root, folder, name)
            elif quoted and (root / file.parent / name).is_file():
                reason = "write the path from the repository's root"
            else:
                reason = check_foreign(folder, name, in_runtime)
            if reason:
                found.append(f"{file}:{line}: includes {name}: {reason}")
    return found, checked


if __name__ == "__main__":
    finish(*violations(ROOT))
