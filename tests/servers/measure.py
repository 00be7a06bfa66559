"""What seep says about a running server, and whether it adds up."""

import json
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

RSS_TOLERANCE = 0.01


@dataclass(frozen=True)
class Census:
    """One report of a process."""

    report: dict
    seconds: float
    rss_before: int
    rss_after: int

    def count(self, name):
        """Live objects of the class and of all that derives from it."""
        return sum(round(row["objects"]["value"]) for row in self.report["base_classes"]
                   if row["name"] == name)

    def share_with_class(self):
        rows = self.report["classes"]
        return sum(row["share_of_live"] for row in rows if row["evidence"] != "none")

    def bytes_outside_of_rows(self):
        """What the walks of the heaps found alive and no row of the class table holds."""
        walked = sum(allocator["live_bytes"] for allocator in self.report["allocators"])
        return walked - sum(row["bytes"]["value"] for row in self.report["classes"])

    def accounted_rss(self):
        return sum(row["resident"] or 0 for row in self.report["accounting"]
                   if row["row"] not in ("RSS", "unaccounted"))

    def accounting_error(self):
        """The rows' sum against the kernel's RSS, as a share of it, at the better end of the time
        that the reading took."""
        errors = [abs(self.accounted_rss() / rss - 1) for rss in (self.rss_before, self.rss_after)]
        return min(errors)

    def discrepancy(self):
        return sum(abs(allocator["discrepancy"]) for allocator in self.report["allocators"])

    def kinds(self):
        return [allocator["kind"] for allocator in self.report["allocators"]
                if allocator["live_bytes"] > 0]


def resident(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE).group(1))


def run_seep(seep, *arguments, timeout=300):
    """Standard output and seconds; raises RuntimeError with what seep said where it failed."""
    began = time.perf_counter()
    result = subprocess.run([seep, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            timeout=timeout, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"seep {' '.join(arguments)}: exit code {result.returncode}: "
                           f"{result.stderr.decode(errors='replace').strip()}")
    return result.stdout.decode(errors="replace"), time.perf_counter() - began


def take_census(seep, pid, consistency):
    before = resident(pid)
    text, seconds = run_seep(seep, "report", str(pid), "--json", "--consistency", consistency,
                             "--max-pause", "5s")
    return Census(json.loads(text), seconds, before, resident(pid))
