#!/usr/bin/env python3
"""Relative links in Markdown lead to a file, and to a heading of it where they name one."""
import re
from pathlib import PurePosixPath
from os.path import normpath

import common

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")


def prose(text):
    """Without code, where brackets mean something else."""
    return re.sub(r"`[^`\n]*`", lambda code: "x" * len(code.group()), re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))


def anchors(text):
    """Headings as GitHub turns them into anchors."""
    for heading in re.findall(r"^#+\s+(.*?)\s*$", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M), re.M):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        yield re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def problems_of(path, text, exists, read):
    for target in LINK.findall(prose(text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        place = normpath(PurePosixPath(path).parent / name) if name else str(path)
        if not exists(place):
            yield f"{path}: link to {target}, which is not there"
        elif anchor and place.endswith(".md") and anchor not in set(anchors(read(place))):
            yield f"{path}: link to {target}, which has no such heading"


def check_myself():
    pages = {"docs/a.md": "# One two\n## `three`\n", "docs/b/c.md": ""}

    def found(text):
        return len(list(problems_of("docs/b/c.md", text, pages.__contains__, pages.__getitem__)))
    assert found("[x](../a.md) [y](../a.md#one-two) [z](../a.md#three) [w](https://x.y/z)") == 0
    assert found("[x](a.md)") == 1
    assert found("[x](../a.md#four)") == 1
    assert found("`[x](a.md)`\n```\n[x](a.md)\n```\n") == 0


check_myself()
problems = []
for page in common.files(".md"):
    problems += problems_of(page, common.read(page), lambda p: (common.SOURCE / p).exists(), common.read)
common.end(problems, "links")
