#!/usr/bin/env python3
"""Every key of list, show and prune as JSON is explained in docs/formats/snapshots.md, and none that is not there."""
import common

PAGE = "docs/formats/snapshots.md"
GOLDEN = (common.SOURCE / "tests/unit/cli/golden/shelf").glob("*.json")
problems, _ = common.compare_keys(PAGE, common.read(PAGE), GOLDEN, 30, closed=["manifest"])  # explained elsewhere
common.end(problems, "the keys of list, show and prune")
