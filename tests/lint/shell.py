#!/usr/bin/env python3
"""shellcheck has nothing to say about the scripts."""
import subprocess
import sys

import common

tool = common.need("shellcheck")
scripts = [str(path) for path in common.files()
           if path.suffix == ".sh" or common.read(path)[:80].split("\n")[0] in ("#!/bin/sh", "#!/bin/bash")]
assert scripts, "no scripts were found"
sys.exit(subprocess.run([tool, "--severity=warning", *scripts], cwd=common.SOURCE).returncode)
