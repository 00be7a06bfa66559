"""Holds JSON reports against docs/report.schema.json, and the schema against broken reports."""

import copy
import json
import subprocess
import sys

import jsonschema


def report(program, sample, format="json"):
    run = subprocess.run([program, format, sample], check=True, capture_output=True)
    return json.loads(run.stdout)


def broken_copies(whole):
    """(what is wrong, report) pairs that the schema must refuse."""
    def changed(what, change):
        other = copy.deepcopy(whole)
        change(other)
        return what, other

    yield changed("a table is missing", lambda r: r.pop("base_classes"))
    yield changed("another format", lambda r: r.update(format="else"))
    yield changed("another version", lambda r: r.update(version=2))
    yield changed("a number as text", lambda r: r["classes"][0]["objects"].update(value="7"))
    yield changed("no standard error", lambda r: r["classes"][0]["bytes"].pop("std_error"))
    yield changed("an unknown evidence", lambda r: r["classes"][0].update(evidence="guess"))
    yield changed("a frame without a module", lambda r: r["sites"][0]["frames"][0].pop("module"))
    yield changed("a label without a key", lambda r: r["classes"][0]["labels"][0].pop("key"))
    yield changed("dropped without a reason", lambda r: r["dropped"][0].pop("why"))
    yield changed("a negative age", lambda r: r["classes"][0]["age_s"].update(oldest=-1))
    yield changed("growth without its time", lambda r: r["growth"].pop("seconds"))
    yield changed("growth of nothing", lambda r: r["growth"]["classes"][0].pop("name"))
    yield changed("a share above 1", lambda r: r["headline"].update(share_of_live=1.5))


def main(program, schema_file):
    with open(schema_file, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for sample in ("proxy", "hostile", "empty"):
        validator.validate(report(program, sample))
        validator.validate(report(program, sample, "growth"))
    for what, broken in broken_copies(report(program, "proxy", "growth")):
        assert not validator.is_valid(broken), f"the schema accepts {what}"


main(*sys.argv[1:])
