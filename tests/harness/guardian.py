"""Calls the binary under test as a user would, and holds it to the contract of its JSON."""

import json
import subprocess


def classify(binary, path, *options, env=None):
    """The document of `guardian classify --json PATH`; fails when it is not one document or the status is not 0."""
    ran = subprocess.run([binary, "classify", "--json", *options, str(path)], capture_output=True, text=True,
                         timeout=60, env=env)
    assert ran.returncode == 0, f"classify {path}: status {ran.returncode}: {ran.stderr.strip()}"
    return json.loads(ran.stdout)


def statements(document):
    """All statements of all files of a classify document, in order."""
    return [statement for file in document["files"] for statement in file["statements"]]
