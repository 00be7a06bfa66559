"""What was typed after a command's name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import gdb

_WORD = re.compile(r"""\s*("[^"]*"|'[^']*'|\S+)""")


@dataclass(frozen=True)
class Arguments:
    options: dict[str, str]  # name → value; "" where it takes none
    rest: str                # the other words, with the blanks between them as typed


def words_of(options: Mapping[str, str]) -> list[str]:
    """As the command line takes them."""
    return [word for option in options.items() for word in option if word]


def parse(text: str, known: Mapping[str, str]) -> Arguments:
    """Options are known by name and may stand anywhere, since class names have blanks.

    `known`: name → what its value is called, "" where it takes none.
    """
    options: dict[str, str] = {}
    rest = ""
    at = 0
    while word := _WORD.match(text, at):
        at = word.end()
        name, _, value = word[1].partition("=")
        if name not in known:
            if name.startswith("--"):
                raise gdb.GdbError(f"no such option: {name} (there are: {', '.join(known)})")
            rest += word[0]
            continue
        if known[name] and not value:
            following = _WORD.match(text, at)
            if following is None:
                raise gdb.GdbError(f"{name} needs a value: {known[name]}")
            value, at = following[1], following.end()
        options[name] = unquoted(value)
    return Arguments(options, unquoted(rest.strip()))


def unquoted(word: str) -> str:
    quoted = len(word) >= 2 and word[0] == word[-1] and word[0] in "'\""
    return word[1:-1] if quoted else word


def address_of(value: gdb.Value) -> int:
    """Of what a pointer points at; a number is an address; of anything else, where it lies."""
    kind = value.type.strip_typedefs().code
    if kind in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        return address_of(value.referenced_value())
    if kind not in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_INT):
        if value.address is None:
            raise gdb.GdbError("this value lies nowhere in memory")
        value = value.address
    return int(value) & (2**64 - 1)
