"""What gdb holds, in the words of seep's command line: a process ID, or the path of a core."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import gdb


@dataclass(frozen=True)
class Held:
    """A target, and the options that say where the files of its modules are."""

    target: str
    is_core: bool
    options: tuple[str, ...]

    def default_output(self) -> str:
        """Where a snapshot is kept if nobody says: as the command line has it."""
        program = os.path.basename(gdb.current_progspace().filename or "process")
        return f"{program}.{gdb.selected_inferior().pid}.seep"


def held() -> Held:
    """GdbError: gdb holds nothing that seep can read from where it runs."""
    inferior = gdb.selected_inferior()
    connection = inferior.connection
    if connection is None or not inferior.pid:
        raise gdb.GdbError("gdb holds no process and no core: attach PID, run, or core-file FILE")
    if connection.type == "core":
        return Held(_core_file(), True, _file_options() + _program_directory())
    if connection.type != "native":
        raise gdb.GdbError(
            f"gdb reads this process through another program ({connection.type}), and seep has to "
            "run where the process does. generate-core-file FILE, then core-file FILE, works here")
    return Held(str(inferior.pid), False, _file_options())


def stands_still() -> bool:
    """Whether gdb has stopped every thread of the process."""
    return not any(thread.is_running() for thread in gdb.selected_inferior().threads())


def _core_file() -> str:
    """gdb 13 has no attribute for it; of a core, `info files` speaks first, then of the program."""
    listing = gdb.execute("info files", to_string=True)
    path = re.search(r"^\t`(.+)', file type ", listing, re.MULTILINE)
    if path is None:
        raise gdb.GdbError("cannot tell which core gdb has read: `info files` does not name it")
    return path[1]


def _file_options() -> tuple[str, ...]:
    """Files are looked for where gdb looks."""
    options: list[str] = []
    sysroot = gdb.parameter("sysroot") or ""
    if sysroot and not sysroot.startswith(("target:", "remote:")):
        options += ["--sysroot", sysroot]
    directories = gdb.parameter("debug-file-directory") or ""
    for directory in filter(None, directories.split(os.pathsep)):
        options += ["--debug-dir", directory]
    return tuple(options)


def _program_directory() -> tuple[str, ...]:
    """A core names its program by the path that it had then; gdb may have been given another."""
    program = gdb.current_progspace().filename
    return ("--debug-dir", os.path.dirname(program)) if program else ()
