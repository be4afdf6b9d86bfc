#!/usr/bin/env python3
"""Every key of the JSON documents is explained in docs/formats/report.md, and none that is not there."""
import json
import re

import common


def keys_of(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


page = common.read("docs/formats/report.md")
explained = set(re.findall(r"`([a-z_]+)`", page))
in_first_column = set()
for row in re.findall(r"^\| (`[^|]*) \|", page, flags=re.M):
    in_first_column |= set(re.findall(r"`([a-z_]+)`", row))
written = set()
for path in (common.SOURCE / "tests/unit/cli/golden").glob("*.json"):
    written |= set(keys_of(json.loads(path.read_text(encoding="utf-8"))))
assert len(written) > 40, "the golden files hold hardly any key"
problems = [f"docs/formats/report.md does not explain \"{key}\"" for key in sorted(written - explained)]
problems += [f"docs/formats/report.md explains \"{key}\", which is never written"
             for key in sorted(in_first_column - written)]
common.end(problems, "the keys of the reports")
