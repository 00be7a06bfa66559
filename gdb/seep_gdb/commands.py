"""The prefix `seep` and its verbs, which are the command line's."""

from __future__ import annotations

from typing import Optional

import gdb

from . import child, class_names
from .arguments import Arguments, address_of, words_of
from .held import held
from .verb import ClassVerb, Completion, Verb, say_whether_exact


class Prefix(gdb.Command):
    """Seep: which C++ objects this process or core keeps alive, of which class.

    seep snap                    count all live objects; keep the counts in a file
    seep report                  print the counts
    seep instances Session       where objects of a class are
    seep words Session           what they have in common
    seep what this               what lies at an address
    print *$seep_cast(0x7f0012345678)

The process is read while gdb keeps it stopped; nothing is called in it, nothing written to it."""

    def __init__(self) -> None:
        super().__init__("seep", gdb.COMMAND_DATA, prefix=True)

    def invoke(self, argument: str, from_tty: bool) -> None:
        if argument:
            raise gdb.GdbError(f"no such command: seep {argument} (see: help seep)")
        gdb.execute("help seep", from_tty)


class Snap(Verb):
    """Count every live object by class, and keep the counts in a file.

    seep snap
    seep snap -o server.seep
    seep snap --by size          and print the counts by class, base, module, or size of blocks

The file holds a series: another snapshot of the same process is added to it. Without -o it is named
PROGRAM.PID.seep, in gdb's working directory. `seep report` prints it."""

    options = {"-o": "FILE", "--output": "FILE", "--by": "class, base, module or size",
               "--text": "", "--json": "", "--rows": "COUNT", "--consistency": "none"}

    def run(self, arguments: Arguments) -> None:
        if arguments.rest:
            raise gdb.GdbError(f"not understood: {arguments.rest} (help seep snap)")
        options = dict(arguments.options)
        if options.pop("--consistency", "none") != "none":
            raise gdb.GdbError("--consistency stop and fork need what gdb has for itself (ptrace), "
                               "and are not needed: gdb keeps the process stopped")
        target = held()
        output = options.pop("--output", options.pop("-o", target.default_output()))
        say_whether_exact(target)
        child.run(["snap", target.target, f"--output={output}", *words_of(options),
                   *target.options])
        class_names.remember(target.target, output)

    def complete_rest(self, text: str, word: Optional[str]) -> Completion:
        return gdb.COMPLETE_FILENAME


class Report(Verb):
    """Print what `seep snap` has counted: memory, classes, base classes, call sites.

    seep report                      the last snapshot of what gdb holds
    seep report --by module
    seep report -o leak.html         as a page to read and to send around
    seep report old.seep             another one"""

    options = {"-o": "FILE", "--output": "FILE", "--by": "class, base, module or size",
               "--text": "", "--json": "", "--rows": "COUNT"}

    def run(self, arguments: Arguments) -> None:
        snapshot = arguments.rest or class_names.last_snapshot(held().target)
        child.run(["report", snapshot, *words_of(arguments.options)])

    def complete_rest(self, text: str, word: Optional[str]) -> Completion:
        return gdb.COMPLETE_FILENAME


class Instances(ClassVerb):
    """List addresses of live objects of a class, and of classes derived from it.

    seep instances Session
    seep instances -n 100 common::Closure<void, Env*>
    seep instances ^order::Lock$

The class is a part of its full name, or a regular expression. Tab completes the classes of the last
`seep snap`; before it, all that have a vtable symbol. With --json, prints JSON."""

    options = {"-n": "COUNT", "--limit": "COUNT", "--json": "", "--class": "CLASS"}


class Words(ClassVerb):
    """Show what the live objects of a class have in common, word by word.

    seep words common::Closure<void, Env*>
    seep words --contents ^order::Lock$
    seep words --sample 100000 Session

For every 8 bytes of the objects: code, objects pointed at, variables, constants, each with its share
of a sample. Texts are shown only with --contents: they may be confidential."""

    options = {"--sample": "COUNT", "--contents": "", "--json": "", "--class": "CLASS"}


class What(Verb):
    """Tell what lies at an address: block, size, class with bases, offset in it.

    seep what 0x7f0012345678
    seep what this
    seep what $rdi

Any expression will do: the address is what a pointer points at, or where a variable lies."""

    options = {"--json": ""}

    def run(self, arguments: Arguments) -> None:
        if not arguments.rest:
            raise gdb.GdbError("what lies where? For example: seep what $rdi")
        target = held()
        address = address_of(gdb.parse_and_eval(arguments.rest))
        child.run(["what", target.target, hex(address), *words_of(arguments.options), *target.options])

    def complete_rest(self, text: str, word: Optional[str]) -> Completion:
        return gdb.COMPLETE_EXPRESSION


def register() -> None:
    for command in (Prefix, Snap, Report, Instances, Words, What):
        command()
