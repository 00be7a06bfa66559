#!/usr/bin/python3
"""A file is one idea: production files have a median of at most 130 lines, and none is over 800."""

import statistics

from sources import ROOT, STAGES, code_files, finish

MEDIAN = 130
LONGEST = 800


def main():
    sizes = {f: len((ROOT / f).read_text().splitlines()) for f in code_files()}
    problems = [f"{f}: {n} lines, over {LONGEST}" for f, n in sizes.items() if n > LONGEST]
    production = [n for f, n in sizes.items() if f.parts[0] in STAGES]
    median = statistics.median(production)
    print(f"{len(production)} production files, {sum(production)} lines, median {median:g}, "
          f"longest {max(production)}")
    if median > MEDIAN:
        problems.append(f"median of production files: {median:g} lines, over {MEDIAN}")
    finish(problems, len(sizes))


if __name__ == "__main__":
    main()
