#!/usr/bin/env python3
"""clang-format has nothing to say."""
# ctest-label: lint
import subprocess
import sys

import common

tool = common.need("clang-format")
names = [str(path) for path in common.sources("guardian", "include", "tests")]
sys.exit(subprocess.run([tool, "--dry-run", "-Werror", *names], cwd=common.SOURCE).returncode)
