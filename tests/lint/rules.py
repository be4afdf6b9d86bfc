#!/usr/bin/env python3
"""docs/rules/ is what the table of rules says: GD_DOCS=write writes the pages anew."""
# ctest-label: lint
import os
import re
import subprocess

import common

FOLDER = common.SOURCE / "docs/rules"


def generated(*words):
    return subprocess.run([os.environ["GD_BINARY"], "generate", "rules", *words], check=True,
                          capture_output=True).stdout


def pages():
    """Name and bytes of every page; the index names the others, each by its group's letter."""
    index = generated()
    found = {"README.md": index}
    for name in re.findall(r"\(([a-z0-9-]+\.md)\)", index.decode()):
        found[name] = generated(name[0])
    assert len(found) > 10, "the index names hardly any page"
    return found


wanted = pages()
there = {path.name: path.read_bytes() for path in FOLDER.glob("*")}
if os.environ.get("GD_DOCS") == "write":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in there.keys() - wanted.keys():
        (FOLDER / name).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_bytes(text)
    there = wanted
problems = [f"docs/rules/{name} has fallen behind: run this with GD_DOCS=write"
            for name in sorted(wanted) if there.get(name) != wanted[name]]
problems += [f"docs/rules/{name} is no page of any group" for name in sorted(there.keys() - wanted.keys())]
common.end(problems, "docs/rules")
