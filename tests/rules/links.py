#!/usr/bin/python3
"""Every link from one of our documents to a file of ours leads somewhere."""

import re

from sources import ROOT, finish, repository_files

_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def main():
    problems, checked = [], 0
    for document in repository_files():
        if document.suffix != ".md":
            continue
        for target in _LINK.findall((ROOT / document).read_text()):
            if "://" in target:
                continue
            checked += 1
            if not (ROOT / document.parent / target).exists():
                problems.append(f"{document}: no such file: {target}")
    finish(problems, checked)


if __name__ == "__main__":
    main()
