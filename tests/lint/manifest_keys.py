#!/usr/bin/env python3
"""Every key of a manifest is explained in docs/formats/snapshot.md, and none that is not there."""
import re

import common

PAGE = "docs/formats/snapshot.md"
page = common.read(PAGE)
shape = common.read("guardian/snapshot/manifest_shape.c")
known = set(re.findall(r'^\s*\{?(?:LIST\()?"([a-z_0-9]+)",', shape, re.M)) | set(re.findall(r'LIST\("([a-z_0-9]+)"', shape))
# What stands in `globals` is not the format's.
problems, written = common.compare_keys(PAGE, page[page.index("## The manifest"):],
                                        (common.SOURCE / "tests/golden").glob("manifest-*.json"), 40, closed=["globals"])
problems += [f"\"{key}\" is in the shape of a manifest, but in no golden file" for key in sorted(known - written)]
common.end(problems, "the keys of a manifest")
