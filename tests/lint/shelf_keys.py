#!/usr/bin/env python3
"""Every key of list, show and prune as JSON is explained in docs/formats/snapshots.md, and none that is not there."""
import json
import re

import common


def keys_of(value):
    """The keys of a document; those of a manifest are explained elsewhere."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key != "manifest":
                yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


page = common.read("docs/formats/snapshots.md")
explained = set(re.findall(r"`([a-z_0-9]+)`", page))
in_first_column = set()
for row in re.findall(r"^\| (`[^|]*) \|", page, flags=re.M):
    in_first_column |= set(re.findall(r"`([a-z_0-9]+)`", row))
written = set()
for path in (common.SOURCE / "tests/unit/cli/golden/shelf").glob("*.json"):
    written |= set(keys_of(json.loads(path.read_text(encoding="utf-8"))))
assert len(written) > 30, "the golden files hold hardly any key"
problems = [f"docs/formats/snapshots.md does not explain \"{key}\"" for key in sorted(written - explained)]
problems += [f"docs/formats/snapshots.md explains \"{key}\", which is never written"
             for key in sorted(in_first_column - written)]
common.end(problems, "the keys of list, show and prune")
