#!/usr/bin/python3
"""Plants one violation of each layering rule in an empty repository; each must be found, and no more."""

import subprocess
import tempfile
from pathlib import Path

from layering import violations
from sources import finish

PLANTED = {
    "base/a.h": '#include "snapshot/snapshot.h"',
    "snapshot/a.cc": '#include "symbolizer/symbolizer.h"',
    "symbolizer/a.cc": '#include "snapshot/snapshot.h"',
    "symbolizer/b.cc": '#  include "report/text.h"',
    "heap/a.cc": '#include "analysis/group.h"',
    "analysis/a.cc": '#include "base/file.h"',
    "analysis/b.cc": "#include <fstream>",
    "analysis/c.cc": '#include "report/text.h"',
    "report/a.cc": '#include "heap/memory.h"',
    "gdb/a.cc": '#include "base/address.h"',
    "cli/a.cc": '#include "profiler/sampler.h"',
    "profiler/a.cc": '#include "snapshot/snapshot.h"',
    "profiler/b.cc": '#include "base/not_marked.h"',
    "profiler/c.cc": "#include <vector>",
    "profiler/d.cc": "#include <absl/strings/string_view.h>",
    "profiler/e.cc": '#include "not_marked.h"',
    "examples/a.cc": '#include "base/address.h"',
    "base/marked.h": "// Runtime-safe.\n#pragma once\n#include <string>",
}
ALLOWED = {
    "base/not_marked.h": "// Files.\n#pragma once\n// runtime-safe\n#include <string>",
    "base/also_marked.h": "// Runtime-safe.\n#pragma once\n#include <cstdint>",
    "profiler/not_marked.h": '#include "base/also_marked.h"',
    "symbolizer/c.cc": '#include "snapshot/module.h"',
    "profiler/include/seep/api.h": "#include <string>",
    "cli/b.cc": '#include "gdb/script_files.h"',
    "tests/heap/a.cc": '#include "heap/memory.h"',
}


def main():
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for name, text in {**PLANTED, **ALLOWED}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text + "\n")
        subprocess.run(["git", "init", "-q"], cwd=root, check=True)
        found = {line.split(":")[0] for line in violations(root)[0]}
    problems = [f"not found: {name}: {PLANTED[name]}" for name in PLANTED if name not in found]
    problems += [f"found without reason: {name}" for name in found if name not in PLANTED]
    finish(problems, len(PLANTED))


if __name__ == "__main__":
    main()
