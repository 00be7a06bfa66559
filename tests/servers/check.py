#!/usr/bin/python3
"""Counts objects of packaged C++ servers under load, and compares with what they must have.

Run by tools/server-check, which installs the servers and builds seep. Exit code 0: every count is
right, every live byte is in a row, the accounting agrees with the kernel's RSS within 1 %, and no
request failed.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from clickhouse import ClickHouse
from load import Load
from mariadb import MariaDb
from measure import RSS_TOLERANCE, run_seep, take_census
from nghttpx import Nghttpx
from yrmcds import Yrmcds

LOAD_PER_SECOND = 1000
WARM_UP_LAPS = 2
LAP_SECONDS = 2
CONSISTENCIES = ("none", "stop", "fork")


SERVERS = {server.name: server for server in (Yrmcds, ClickHouse, Nghttpx, MariaDb)}


class Verdicts:
    """Prints a line a check and remembers whether one failed."""

    def __init__(self):
        self.failed = False

    def check(self, good, text):
        self.failed |= not good
        print(f"  {'ok  ' if good else 'FAIL'}  {text}", flush=True)


def package_version(package):
    return subprocess.run(["dpkg-query", "-W", "-f=${Package} ${Version}", package], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def check_counts(verdicts, server, before, after, empty, censuses):
    """One line a class: server | allocator | class | expected | counted, for each consistency."""
    for early, late in zip(before, after):
        own = empty.count(early.name) if early.more else 0
        counted = [census.count(early.name) for census in censuses.values()]
        low, high = sorted((early.count + own, late.count + own))
        expected = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        shown = ", ".join(f"{count:,}" for count in counted)
        verdicts.check(all(low <= count <= high for count in counted),
                       f"{server.name} | {server.allocator} | {early.name} | {expected} "
                       f"({early.source}{f', and {own:,} before' if own else ''}) | {shown}")


def check_sums(verdicts, consistency, census, lap):
    process = census.report["process"]
    megabytes = process["rss"] / 1e6
    pause = census.report["pause_ms"]
    print(f"  --consistency {consistency}: {census.seconds:.2f} s"
          + ("" if pause is None else f", pause {pause:.1f} ms")
          + f", live {census.report['live']['bytes']['value'] / 1e6:.1f} MB in "
            f"{census.report['live']['objects']['value']:,.0f} objects, RSS {megabytes:.1f} MB, "
            f"{census.share_with_class():.1%} of live bytes with a class, "
            f"{census.discrepancy():,} blocks do not add up")
    outside = census.bytes_outside_of_rows()
    verdicts.check(abs(outside) < 1, f"live bytes outside of the rows: {outside:,.0f}")
    verdicts.check(census.accounting_error() <= RSS_TOLERANCE,
                   f"accounting: {census.accounted_rss() / 1e6:.2f} MB resident, VmRSS "
                   f"{census.rss_before / 1e6:.2f} to {census.rss_after / 1e6:.2f} MB: "
                   f"{census.accounting_error():.2%} apart")
    verdicts.check(not lap.failures, f"meanwhile {lap}" + "".join(
        f"\n          {failure}" for failure in lap.failures[:3]))


def look_around(seep, server, load, keep):
    """The other commands, as one types them; their output goes into files."""
    pid = str(server.pid)
    commands = {
        "look.txt": (pid, "--interval", "5", "-o", str(keep / f"{server.name}.seep")),
        "words.txt": ("words", pid, "--class", server.words_class),
        "instances.txt": ("instances", pid, "--class", server.words_class),
        "page.txt": ("report", pid, "-o", str(keep / f"{server.name}.html")),
    }
    for file, arguments in commands.items():
        text, seconds = run_seep(seep, *arguments)
        (keep / f"{server.name}.{file}").write_text(text)
        print(f"  seep {' '.join(arguments)}: {seconds:.1f} s; {load.lap()}")


def check_under_load(verdicts, server, load, empty, seep, keep):
    for _ in range(WARM_UP_LAPS):
        time.sleep(LAP_SECONDS)
        quiet = load.lap()
    verdicts.check(not quiet.failures, f"nobody looks: {quiet}")
    before = server.expected()
    censuses = {}
    for consistency in CONSISTENCIES:
        load.lap()
        censuses[consistency] = census = take_census(seep, server.pid, consistency)
        check_sums(verdicts, consistency, census, load.lap())
    after = server.expected()
    kinds = censuses["none"].kinds()
    verdicts.check(any(kind.startswith(server.allocator) for kind in kinds),
                   f"allocators that hold live blocks: {', '.join(kinds)}")
    check_counts(verdicts, server, before, after, empty, censuses)
    look_around(seep, server, load, keep)
    time.sleep(LAP_SECONDS)
    lap = load.lap()
    verdicts.check(server.alive() and not lap.failures and lap.requests > 0, f"afterwards {lap}")


def check_server(server, seep, keep):
    verdicts = Verdicts()
    print(f"{server.name}, {', '.join(package_version(p) for p in server.packages)}", flush=True)
    with server:
        empty = take_census(seep, server.pid, "none")
        server.hold()
        with Load(server, server.clients, LOAD_PER_SECOND) as load:
            check_under_load(verdicts, server, load, empty, seep, keep)
    return not verdicts.failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("servers", nargs="*", default=[], metavar="SERVER",
                        help=f"{', '.join(SERVERS)}; all without")
    parser.add_argument("--packages", action="store_true", help="print what they need, and end")
    parser.add_argument("--seep", default="seep", help="the program to check")
    parser.add_argument("--keep", type=Path, default=".", help="a directory for its output")
    options = parser.parse_args()
    for name in options.servers:
        if name not in SERVERS:
            parser.error(f"unknown server {name}")
    chosen = [SERVERS[name]() for name in options.servers or SERVERS]
    if options.packages:
        print(*(package for server in chosen for package in server.packages))
        return
    options.keep.mkdir(parents=True, exist_ok=True)
    good = [check_server(server, options.seep, options.keep) for server in chosen]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
