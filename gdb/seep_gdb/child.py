"""Runs the program `seep`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import gdb

from .visible import visible

# Python waits with a timeout by poll(), which Ctrl-C ends; without one by read(), which gdb's handler
# of SIGINT has restarted (signal(7), SA_RESTART).
_A_WEEK = 7 * 24 * 3600.0  # seconds


def run(words: Sequence[str]) -> None:
    """`seep WORDS`, printed by gdb: paged, logged, or kept by to_string. GdbError: it failed.

    What it says beside its result, progress included, goes where gdb's own errors go.
    """
    child = _start(words, stderr=None)
    output, _ = _finish(child)
    gdb.write(output)
    if child.returncode != 0:
        raise gdb.GdbError(f"seep {words[0]} did not succeed (exit code {child.returncode})")


def ask(words: Sequence[str]) -> Any:
    """What `seep WORDS` answers in JSON. GdbError: it failed, with its own reason."""
    child = _start(words, stderr=subprocess.PIPE)
    output, reason = _finish(child)
    if child.returncode != 0:
        raise gdb.GdbError(visible(reason.strip()))
    return json.loads(output)


def _start(words: Sequence[str], stderr: Optional[int]) -> subprocess.Popen[str]:
    gdb.flush()  # what was said before comes before
    width = gdb.parameter("width")  # None: no limit
    environment = {**os.environ, "COLUMNS": str(width)} if width else None
    return subprocess.Popen([_program(), *words], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=stderr, env=environment,
                            encoding="utf-8", errors="backslashreplace")


def _finish(child: subprocess.Popen[str]) -> tuple[str, str]:
    """Ctrl-C ends the child alone; what gdb holds has not been touched."""
    with child:
        try:
            return child.communicate(timeout=_A_WEEK)
        except KeyboardInterrupt:
            child.kill()
            raise gdb.GdbError("interrupted; the target is as it was") from None


def _program() -> str:
    """Beside these scripts where seep wrote them out, in the same prefix, or on the PATH."""
    scripts = Path(__file__).resolve().parent.parent  # PREFIX/share/seep/gdb
    beside, in_prefix = scripts / "seep", scripts.parent.parent.parent / "bin" / "seep"
    for program in (beside, in_prefix, shutil.which("seep")):
        if program and os.path.isfile(program) and os.access(program, os.X_OK):
            return str(program)
    raise gdb.GdbError("cannot find the program seep: it belongs on the PATH")
