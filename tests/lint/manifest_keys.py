#!/usr/bin/env python3
"""Every key of a manifest is explained in docs/formats/snapshot.md, and none that is not there."""
import json
import re

import common


def keys_of(value):
    """The keys of a document; what stands in `globals` is not the format's."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key != "globals":
                yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


page = common.read("docs/formats/snapshot.md")
chapter = page[page.index("## The manifest"):]
explained = set(re.findall(r"`([a-z_0-9]+)`", chapter))
in_first_column = set()
for row in re.findall(r"^\| (`[^|]*) \|", chapter, flags=re.M):
    in_first_column |= set(re.findall(r"`([a-z_0-9]+)`", row))
written = set()
for path in (common.SOURCE / "tests/golden").glob("manifest-*.json"):
    written |= set(keys_of(json.loads(path.read_text(encoding="utf-8"))))
known = set(re.findall(r'^\s*\{?(?:LIST\()?"([a-z_0-9]+)",', common.read("guardian/snapshot/manifest_shape.c"), re.M))
known |= set(re.findall(r'LIST\("([a-z_0-9]+)"', common.read("guardian/snapshot/manifest_shape.c")))
assert len(written) > 40, "the golden manifests hold hardly any key"
problems = [f"docs/formats/snapshot.md does not explain \"{key}\"" for key in sorted(written - explained)]
problems += [f"docs/formats/snapshot.md explains \"{key}\", which is never written"
             for key in sorted(in_first_column - written)]
problems += [f"\"{key}\" is in the shape of a manifest, but in no golden file" for key in sorted(known - written)]
common.end(problems, "the keys of a manifest")
