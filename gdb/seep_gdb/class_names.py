"""Class names to choose from on Tab: those of the last snapshot, else those with a vtable symbol."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Sequence

import gdb

from . import child
from .held import held
from .visible import is_visible

_snapshots: dict[str, str] = {}  # by target: its last .seep file


def remember(target: str, snapshot: str) -> None:
    _snapshots[target] = os.path.abspath(snapshot)


def last_snapshot(target: str) -> str:
    """GdbError: none was taken here."""
    if target not in _snapshots:
        raise gdb.GdbError("nothing has been counted here: seep snap")
    return _snapshots[target]


def names() -> Sequence[str]:
    """Sorted. Cost: the first time after a snapshot, one report; else one look at all symbols."""
    snapshot = _snapshots.get(held().target)
    if snapshot and os.path.isfile(snapshot):
        return _in_snapshot(snapshot, os.stat(snapshot).st_mtime_ns)
    return _with_vtable(tuple(str(objfile.filename) for objfile in gdb.objfiles()))


@functools.lru_cache(maxsize=1)
def _in_snapshot(path: str, _written_at: int) -> Sequence[str]:
    report = child.ask(["report", path, "--json"])
    rows = report["classes"] + report["base_classes"]
    return _presentable({row["name"] for row in rows if not row["name"].startswith("(")})


@functools.lru_cache(maxsize=1)
def _with_vtable(_objfiles: tuple[str, ...]) -> Sequence[str]:
    symbols = gdb.execute("info variables -q ^vtable for ", to_string=True)
    return _presentable(set(re.findall(r"vtable for (.+)$", symbols, re.MULTILINE)))


def _presentable(found: set[str]) -> Sequence[str]:
    return sorted(filter(is_visible, found))
