#!/usr/bin/python3
"""Nothing in the repository names the machine it was written on, or promises what is not done."""

import re

from sources import ROOT, finish, repository_files

# Standards and projects that we cite.
_HOSTS = r"(?:www\.)?(?:apache\.org|json-schema\.org|w3\.org|sqlite\.org)"

FORBIDDEN = [
    ("a home directory", re.compile(r"(?<![\w.}])/(?:home|root|Users)/\w+")),
    ("a path of one machine", re.compile(r"(?<![\w.*/})\]>$-])/(?:work|workspace|mnt|data)/\w+")),
    ("a host outside the list", re.compile(rf"https?://(?!{_HOSTS})[\w.-]+\.\w+")),
    ("a private host", re.compile(r"\b[\w-]+\.(?:internal|corp|intranet)\b")),
    ("unfinished work", re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b")),
    ("a conflict mark", re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)),
]


def main():
    problems = []
    files = repository_files()
    for file in files:
        data = (ROOT / file).read_bytes()
        if b"\0" in data:
            problems.append(f"{file}: a binary file; inputs are built, not stored")
            continue
        text = data.decode("utf-8", errors="replace")
        for what, pattern in FORBIDDEN:
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{file}:{line}: {what}: {match.group().strip()}")
    finish(problems, len(files))


if __name__ == "__main__":
    main()
