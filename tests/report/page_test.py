"""The page is well formed, holds only what a report writes, and shows hostile names literally."""

import subprocess
import sys

from page import Page, assert_shows


def output(program, form, sample):
    return subprocess.run([program, form, sample], check=True, capture_output=True).stdout.decode()


def main(program, _schema):
    for sample in ("proxy", "empty"):
        Page(output(program, "html", sample))
    page = Page(output(program, "html", "hostile"))
    assert_shows(page, output(program, "text", "name"))


main(*sys.argv[1:])
