#!/usr/bin/env python3
"""The Debian package is made, holds what it should, and depends on what the binary needs."""
# ctest-label: lint
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import common

BUILD = Path(os.environ["GD_BUILD"])
HOLDS = ["./usr/bin/guardian", "./usr/lib/*libguardian.so", "./usr/lib/*libguardian.a",
         "./usr/include/guardian/version.h", "./usr/share/man/man1/guardian.1",
         "./usr/share/bash-completion/completions/guardian",
         "./usr/share/zsh/vendor-completions/_guardian",
         "./usr/share/fish/vendor_completions.d/guardian.fish", "./usr/share/doc/guardian/copyright"]
# Each library by the name of its package, with the version that the distribution gives it.
NEEDS = [r"libpg-query[0-9.]+", r"libjansson4", r"libssl3\S*", r"libyaml-0-2"]
problems = []

for tool in ("cpack", "dpkg-deb", "dpkg-shlibdeps"):
    common.need(tool)
with tempfile.TemporaryDirectory() as folder:
    made = subprocess.run(["cpack", "-G", "DEB", "-B", folder, "--config", BUILD / "CPackConfig.cmake"],
                          capture_output=True, text=True)
    packages = list(Path(folder).glob("*.deb"))
    if made.returncode != 0 or len(packages) != 1:
        sys.exit(made.stdout + made.stderr)
    listing = subprocess.run(["dpkg-deb", "--contents", packages[0]], capture_output=True, text=True,
                             check=True).stdout
    depends = subprocess.run(["dpkg-deb", "--field", packages[0], "Depends"], capture_output=True,
                             text=True, check=True).stdout
for name in HOLDS + [f"./usr/share/guardian/{path}" for path in common.files(".yaml")
                     if path.parts[0] == "policies"]:
    if not re.search(" " + re.escape(name).replace(r"\*", "([^/]+/)?") + "( |$)", listing, re.M):
        problems.append(f"the package lacks {name}")
for name in NEEDS:
    if not re.search(rf"(^|[ |]){name}( |,|$)", depends):
        problems.append(f"the package does not depend on {name}: {depends}")
common.end(problems, "the package")
