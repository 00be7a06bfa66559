"""What a real browser makes of the page with hostile names. Skipped (77) where there is none."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from page import Page, assert_shows

QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def output(program, form, sample):
    return subprocess.run([program, form, sample], check=True, capture_output=True).stdout.decode()


def dom_of(browser, html):
    """The browser's own serialization of the page, after all that would run has run."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page = Path(folder) / "report.html"
        page.write_text(html, encoding="utf-8")
        run = subprocess.run(
            [browser, *QUIET, f"--user-data-dir={folder}/profile", "--dump-dom", page.as_uri()],
            check=True, capture_output=True, timeout=90)
        return run.stdout.decode()


def main(program, _schema):
    browser = shutil.which("chromium")
    if browser is None:
        print("no chromium here")
        sys.exit(77)
    page = Page(dom_of(browser, output(program, "html", "hostile")))
    assert_shows(page, output(program, "text", "name"))


main(*sys.argv[1:])
