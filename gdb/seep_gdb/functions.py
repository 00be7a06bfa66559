"""Convenience functions: objects by their dynamic class, in any expression."""

from __future__ import annotations

from typing import Any

import gdb

from . import child
from .arguments import address_of
from .held import held
from .visible import visible


class SeepClass(gdb.Function):
    """Dynamic class of the object at or around an address, as a string.

    print $seep_class(0x7f0012345678)
    print $seep_class(this)

Where there is no object, the string says in brackets what there is: "(free block)"."""

    def __init__(self) -> None:
        super().__init__("seep_class")

    def invoke(self, address: gdb.Value) -> str:
        answer = _ask_what(address)
        if answer["object"]:
            return str(answer["object"]["class"])
        return "(no class)" if answer["kind"] == "live block" else f"({answer['kind']})"


class SeepCast(gdb.Function):
    """Pointer to the object at or around an address, of its dynamic type.

    print *$seep_cast(0x7f0012345678)
    print $seep_cast(base)->derived_member

Needs the debug information of the class. Of an array, the element around the address."""

    def __init__(self) -> None:
        super().__init__("seep_cast")

    def invoke(self, address: gdb.Value) -> gdb.Value:
        answer = _ask_what(address)
        found = answer["object"]
        if not found:
            raise gdb.GdbError(f"no object: {answer['address']} is {visible(answer['text'])}")
        kind = _type_named(found["class"])
        start = int(found["address"], 16)
        if found["count"] > 1:
            start += (int(answer["address"], 16) - start) // kind.sizeof * kind.sizeof
        return gdb.Value(start).cast(kind.pointer())


def _ask_what(address: gdb.Value) -> Any:
    target = held()
    words = ["what", target.target, hex(address_of(address)), "--json", *target.options]
    return child.ask(words)["addresses"][0]


def _type_named(name: str) -> gdb.Type:
    try:
        with gdb.with_parameter("language", "c++"):  # a thread may stand in a library's C or assembly
            return gdb.lookup_type(name)
    except gdb.error:
        raise gdb.GdbError(f"gdb has no debug information of class {visible(name)}") from None


def register() -> None:
    SeepClass()
    SeepCast()
