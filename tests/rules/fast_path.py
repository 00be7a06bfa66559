#!/usr/bin/python3
"""fast_path.py LIBSEEP [--update]: what an allocation that is not sampled pays.

Walks the machine code of each function in fast_path.golden from its entry, falling through every
conditional branch: that is the path of a call that is not sampled. Its length must be the golden
one; it hands over to the allocator once; and nothing else on it may call, lock, divide or enter the
kernel. A change of the golden file is a change of every malloc in every host: measure it.
"""

import re
import subprocess
import sys
from pathlib import Path

from sources import finish

GOLDEN = Path(__file__).with_name("fast_path.golden")
LONGEST = 100
FORBIDDEN = re.compile(r"call|lock|xchg|cmpxchg|syscall|sysenter|int3?$|rep|i?div|[lms]fence|ud2")
HAND_OVER = re.compile(r"(?:jmp|call) +\*.*g_next")  # through the table of the next allocator
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(?:bnd |notrack )?(.+?)\s*$")


def disassemble(library, function):
    """address → its instruction, in order."""
    listing = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", f"--disassemble={function}", library],
        check=True, capture_output=True, text=True).stdout
    matches = (INSTRUCTION.match(line) for line in listing.splitlines())
    return {int(m.group(1), 16): m.group(2) for m in matches if m}


def unsampled_path(library, function):
    """The instructions from the entry to the jump to the allocator, or to the return."""
    code = disassemble(library, function)
    following = dict(zip(code, list(code)[1:]))
    path = []
    at = next(iter(code), None)
    while at in code and len(path) < LONGEST:
        path.append(code[at])
        mnemonic, _, operands = code[at].partition(" ")
        if mnemonic == "jmp":
            by_name = re.match(r" *[0-9a-f]+ <(\w+)@plt>", operands)
            if by_name:  # a form of new or delete that calls another, perhaps the program's own
                return path + unsampled_path(library, by_name[1])
            target = re.match(r" *([0-9a-f]+) <", operands)
            at = int(target.group(1), 16) if target else None
        else:
            at = None if mnemonic == "ret" else following.get(at)
    return path


def read_golden():
    rows = (line.split("#")[0].split() for line in GOLDEN.read_text().splitlines())
    return {row[0]: int(row[1]) for row in rows if row}


def update(library):
    text = GOLDEN.read_text()
    for function in read_golden():
        length = len(unsampled_path(library, function))
        text = re.sub(rf"^{function}\s+\d+", f"{function:<8} {length:>3}", text, flags=re.MULTILINE)
    GOLDEN.write_text(text)


def main(library, *options):
    if options == ("--update",):
        update(library)
    problems = []
    golden = read_golden()
    for function, wanted in golden.items():
        path = unsampled_path(library, function)
        faults = [f"{function}: on the unsampled path: {instruction}" for instruction in path
                  if FORBIDDEN.match(instruction) and not HAND_OVER.match(instruction)]
        if sum(bool(HAND_OVER.match(instruction)) for instruction in path) != 1:
            faults.append(f"{function}: does not hand over to the allocator exactly once")
        if len(path) != wanted:
            faults.append(f"{function}: {len(path)} instructions, expected {wanted}")
        if faults:
            problems += faults + [f"    {instruction}" for instruction in path]
    finish(problems, len(golden))


if __name__ == "__main__":
    main(*sys.argv[1:])
