"""What the verbs of the prefix `seep` share: options, completion, and words about exactness."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional, Union

import gdb

from . import child, class_names
from .arguments import Arguments, parse, words_of
from .held import Held, held, stands_still

Completion = Union[list[str], int]


class Verb(gdb.Command):
    """`seep VERB`, named like its class, documented by its docstring."""

    options: dict[str, str] = {}  # name → what its value is called, "" where it takes none

    def __init__(self) -> None:
        super().__init__(f"seep {self.verb}", gdb.COMMAND_DATA)

    @property
    def verb(self) -> str:
        return type(self).__name__.lower()

    def invoke(self, argument: str, _from_tty: bool) -> None:
        self.dont_repeat()
        try:
            self.run(parse(argument, self.options))
        except gdb.error as error:  # the user's expression, mostly: no place for a Python traceback
            raise gdb.GdbError(str(error)) from None

    def run(self, arguments: Arguments) -> None:
        raise NotImplementedError

    def complete(self, text: str, word: Optional[str]) -> Completion:
        """gdb asks twice: first without `word`, to learn where words end in what is completed."""
        last = text.split(" ")[-1]
        if last.startswith("-"):
            return offer(self.options, last, word)
        return self.complete_rest(text, word)

    def complete_rest(self, text: str, word: Optional[str]) -> Completion:
        raise NotImplementedError


class ClassVerb(Verb):
    """A verb about the objects of a class. What the program prints as the next command, with target
    and --class, is understood, too."""

    def run(self, arguments: Arguments) -> None:
        target = held()
        words = words_of(arguments.options)
        if "--class" not in arguments.options:
            if not arguments.rest:
                raise gdb.GdbError(f"of which class? For example: seep {self.verb} Session")
            words.append(f"--class={arguments.rest}")
        elif arguments.rest not in ("", target.target):
            raise gdb.GdbError(f"not understood beside --class: {arguments.rest}")
        say_whether_exact(target)
        child.run([self.verb, target.target, *words, *target.options])

    def complete_rest(self, text: str, word: Optional[str]) -> Completion:
        try:
            rest = parse(text, self.options).rest
            typed = rest + text[len(text.rstrip()):] if rest else ""
            return offer(class_names.names(), typed, word)
        except gdb.GdbError:  # nothing is held, or an option still lacks its value
            return []


def offer(candidates: Iterable[str], typed: str, word: Optional[str]) -> list[str]:
    """gdb puts what is returned in the place of `word`, the last part of what was `typed`."""
    if word is None:
        return []
    known = len(typed) - len(word)
    return [candidate[known:] for candidate in candidates if candidate.startswith(typed)]


def say_whether_exact(target: Held) -> None:
    if target.is_core:
        return
    if stands_still():
        said = f"Process {target.target} is stopped by gdb: the counts are exact.\n"
    else:
        said = (f"Threads of process {target.target} run on: the counts are not of one moment "
                "(`interrupt -a` stops them).\n")
    gdb.write(said, gdb.STDERR)
