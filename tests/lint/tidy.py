#!/usr/bin/env python3
"""clang-tidy has nothing to say; what it looks for stands in .clang-tidy.

Nearly all of its time goes to the analyzer's paths through a few big functions. It gives up on one after 75,000 nodes
here, as its own shallow mode does (a quarter of the time, and bugs planted in the biggest were found alike);
GUARDIAN_TEST_DEEP=1 lets it go on to its default of 225,000.
"""
# ctest-label: lint
import concurrent.futures
import json
import os
import subprocess
from pathlib import Path

import common

tool = common.need("clang-tidy")
build = Path(os.environ["GD_BUILD"])
units = sorted({entry["file"] for entry in json.loads((build / "compile_commands.json").read_text())
                if Path(entry["file"]).is_relative_to(common.SOURCE / "guardian")})
assert units, "the build knows no sources"


nodes = 225000 if os.environ.get("GUARDIAN_TEST_DEEP") else 75000
to_analyzer = [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", f"max-nodes={nodes}")]


def look_at(unit):
    # The build may be gcc's: its own warnings are unknown to clang, and its build already had them.
    run = subprocess.run([tool, "-p", str(build), "--quiet", "--warnings-as-errors=*",
                          "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-w", *to_analyzer, unit],
                         cwd=common.SOURCE, capture_output=True, text=True)
    return [] if run.returncode == 0 else [run.stdout + run.stderr]


with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
    found = [problem for problems in pool.map(look_at, units) for problem in problems]
common.end(found, f"{len(units)} files under clang-tidy")
