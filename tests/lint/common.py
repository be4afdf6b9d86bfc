"""What the lint scripts share: where the tree is, which files are in it, how to end."""
import json
import os
import re
import shutil
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
SKIPPED = 77

# DESIGN: the layers, lowest first. A file includes only from its own layer and from those below.
LAYERS = ["base", "io", "pg", "sql", "store", "classify", "policy", "journal", "wal", "snapshot",
          "restore", "prove", "guard", "proxy", "config", "cli"]


ROOTS = ["guardian", "include", "policies", "tests", "docs", ".cmake", ".ci"]
TOP_FILES = ["CMakeLists.txt", "README.md", "LICENSE", ".gitignore", ".clang-format", ".clang-tidy"]


def files(*suffixes):
    """Files of the tree that end in one of the suffixes (all without), relative to its top."""
    found = [Path(name) for name in TOP_FILES if (SOURCE / name).is_file()]
    for root in ROOTS:
        found += [path.relative_to(SOURCE) for path in (SOURCE / root).rglob("*") if path.is_file()]
    return sorted(path for path in found
                  if "__pycache__" not in path.parts and path.name.endswith(suffixes or ("",)))


def sources(*roots):
    """C files and headers below some folders."""
    return [path for path in files(".c", ".h") if path.parts[0] in roots]


def code_only(text):
    """C without comments, strings and characters; lines keep their numbers."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found.group()), text, flags=re.S)


def read(path):
    return (SOURCE / path).read_text(encoding="utf-8", errors="replace")


def keys_of(value, closed=()):
    """The keys of a JSON document, at every depth; not those below a key of `closed`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key not in closed:
                yield from keys_of(inner, closed)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner, closed)


def compare_keys(page, text, documents, least, closed=()):
    """A page explains every key that its golden documents hold, and its tables name no other.
    Gives the problems, and the keys that are written; `least` of them must be found."""
    explained = set(re.findall(r"`([a-z_0-9]+)`", text))
    in_first_column = set()
    for row in re.findall(r"^\| (`[^|]*) \|", text, flags=re.M):
        in_first_column |= set(re.findall(r"`([a-z_0-9]+)`", row))
    written = set()
    for path in documents:
        written |= set(keys_of(json.loads(path.read_text(encoding="utf-8")), closed))
    assert len(written) > least, "the golden files hold hardly any key"
    problems = [f"{page} does not explain \"{key}\"" for key in sorted(written - explained)]
    problems += [f"{page} explains \"{key}\", which is never written" for key in sorted(in_first_column - written)]
    return problems, written


def need(tool):
    """A tool's path. Without it the test is skipped, or fails where all tools were promised."""
    path = shutil.which(tool)
    if path is None:
        print(f"{tool} is not installed")
        sys.exit(1 if os.environ.get("GD_REQUIRE_TOOLS") else SKIPPED)
    return path


def end(problems, what):
    """Print the problems; the exit status says whether there were any."""
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problem(s) in {what}")
    sys.exit(1 if problems else 0)
