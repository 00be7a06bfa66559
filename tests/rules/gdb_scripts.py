#!/usr/bin/python3
"""The scripts in gdb/ ask the program seep: they read no memory of the target, change none, call nothing there.

They need nothing but Python's own library and gdb's module, and every function says what it takes and returns.
"""

import ast
import sys

from sources import ROOT, finish, repository_files

FOLDER = "gdb"
LONGEST = 200  # lines

# Of gdb.Inferior and gdb.Value: what would walk a heap in Python (slowly), or touch the target.
FORBIDDEN = {"read_memory", "search_memory", "write_memory", "dereference", "string", "lazy_string"}
MODULES = set(sys.stdlib_module_names) | {"gdb", "seep_gdb"}


def imported(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.level == 0 else []


def lacks_types(node):
    arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
    unsaid = [a.arg for a in arguments if a.annotation is None and a.arg != "self"]
    return bool(unsaid) or node.returns is None


def violations(text):
    """(line, what) of each."""
    if text.count("\n") > LONGEST:
        yield LONGEST, f"over {LONGEST} lines"
    tree = ast.parse(text)
    if ast.get_docstring(tree) is None:
        yield 1, "does not say what it is for"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN:
            yield node.lineno, f"{node.attr}: the program seep reads memory, gdb's Python does not"
        for name in imported(node):
            if name.split(".")[0] not in MODULES:
                yield node.lineno, f"imports {name}: not on every machine"
        if isinstance(node, ast.FunctionDef) and lacks_types(node):
            yield node.lineno, f"{node.name}: types are missing"


PLANTED = {
    '"""."""\nimport gdb\ngdb.selected_inferior().read_memory(1, 2)\n': "reads memory",
    '"""."""\nimport numpy\n': "imports",
    '"""."""\ndef f(a): pass\n': "types",
    "import gdb\n": "what it is for",
}


def main():
    problems = [f"not found in {text!r}" for text, what in PLANTED.items()
                if not any(what in found for _, found in violations(text))]
    files = [f for f in repository_files() if f.parts[0] == FOLDER and f.suffix == ".py"]
    for file in files:
        problems += [f"{file}:{line}: {what}" for line, what in violations((ROOT / file).read_text())]
    finish(problems, len(files))


if __name__ == "__main__":
    main()
