#!/usr/bin/env python3
"""Every key of a journal is explained in docs/formats/journal.md and stands in the golden one; every member of a story is a key."""
import json
import re
import struct
import subprocess

import common

PAGE = "docs/formats/journal.md"
HEAD = 44
# Told by the names of objects, or by the journal as a whole.
NO_KEYS = {"change", "rolled_back_by", "last", "closed", "torn"}
LATER = {"rows_kept", "known_as", "place", "rerun_safe", "rolled_back", "sql", "search_path", "schema_snapshot", "snapshots", "step", "nested", "kept", "owner", "wanted",
         "points", "mark", "name", "timeline", "lsn", "base", "since", "seen", "behind"}  # keys that were added to format 1 after its golden journal was made
COUNTS = {"file_count", "loss_count", "step_count", "drift_count", "kept_count", "point_count"}

problems = []
shape = re.sub(r"^#define .*", "", common.code_only(common.read("guardian/journal/story_shape.c").replace('"', " ")), flags=re.M)
header = common.code_only(common.read("guardian/journal/story.h"))
listed = re.findall(r"\b(?:TEXT|BOOL|NUMBER|COUNTS|REAL|WORD|TEXTS)\((gd_story\w*), (\w+)", shape)
listed += [("gd_story", name) for name in re.findall(r"\bLIST\((\w+),", shape)]
listed += [(owner, name) for owner, name in re.findall(r"\bTIME\((gd_story\w*),\s+\w+\s*, (\w+)", shape)]
for owner, body in re.findall(r"struct (gd_story\w*) \{(.*?)\n\};", header, re.S):
    for declared in body.split(";"):
        words = [re.findall(r"\w+", part) for part in declared.split(",")]
        for name in [found[-1] for found in words if found]:
            if (owner, name) not in listed and name not in NO_KEYS | COUNTS:
                problems.append(f"\"{name}\" of struct {owner} is not in the shape: it would be lost")

documents, summaries = [], []
for path in sorted((common.SOURCE / "tests/golden/journal-1").rglob("00*")):
    data = path.read_bytes()
    while data:
        length = struct.unpack("<I", data[4:8])[0]
        documents.append(json.loads(data[HEAD:HEAD + length]))
        data = data[HEAD + length:]
# A summary: its own keys, beside those of the records in it.
for path in sorted((common.SOURCE / "tests/golden/folded-1").rglob("00*.zst")):
    data = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout
    while data:
        length = struct.unpack("<I", data[4:8])[0]
        summaries.append(json.loads(data[HEAD:HEAD + length]))
        data = data[HEAD + length:]
explained = set(re.findall(r"`([a-z_0-9]+)`", common.read(PAGE)))
written = {key for document in documents + summaries for key in common.keys_of(document)}
keys = {re.sub(r"_us$", "", name) for _, name in listed}
problems += [f"\"{key}\" is not explained in {PAGE}" for key in sorted((written | keys) - explained)]
problems += [f"\"{key}\" is in no golden journal" for key in sorted(keys - written - LATER)]
if len(listed) < 60 or len(documents) < 9 or len(summaries) < 2:
    problems.append(f"only {len(listed)} members and {len(documents)} records were found: this script is out of date")
common.end(problems, "the keys of a journal")
