#!/usr/bin/env python3
"""The top of the tree holds what a reader must see, and no file tells where it was written."""
import re
import subprocess

import common

TOP = {"guardian", "include", "policies", "tests", "docs", "CMakeLists.txt", "README.md", "LICENSE"}
# Built in pieces, so that this file does not find itself.
PLACES = re.compile("|".join(["/wo" + "rk/", r"\.\./sha" + "red", "/tmp/" + "(wt|build)",
                              r"(deb|security)\.deb" + r"ian\.org", r"registry\.np" + r"mjs\.org"]))


def top_entries():
    """What git knows at the top; without git, what is there apart from build folders."""
    git = subprocess.run(["git", "-c", f"safe.directory={common.SOURCE}", "ls-files", "-z"],
                         cwd=common.SOURCE, capture_output=True, text=True)
    if git.returncode == 0:
        return {name.split("/")[0] for name in git.stdout.split("\0") if name}
    return {path.name for path in common.SOURCE.iterdir() if not path.name.startswith("build")}


def check_myself():
    assert PLACES.search("see /wo" + "rk/x") and PLACES.search("../sha" + "red/a")
    assert not PLACES.search("/tmp/guardian-x /workspace ../shares")


check_myself()
problems = [f"{name}: does not belong at the top" for name in sorted(top_entries())
            if name not in TOP and not name.startswith(".")]
for path in common.files():
    for number, line in enumerate(common.read(path).split("\n"), 1):
        if PLACES.search(line):
            problems.append(f"{path}:{number}: names a place that only its writer knows: {line.strip()}")
common.end(problems, "the tree")
