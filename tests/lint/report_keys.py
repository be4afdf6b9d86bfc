#!/usr/bin/env python3
"""Every key of the JSON documents is explained in docs/formats/report.md, and none that is not there."""
import common

PAGE = "docs/formats/report.md"
problems, _ = common.compare_keys(PAGE, common.read(PAGE), (common.SOURCE / "tests/unit/cli/golden").glob("*.json"), 40)
common.end(problems, "the keys of the reports")
