"""The corpus files of tests/corpus: the first line says what is expected of the SQL below it.

    -- rule: G101 class=destructive loses=data scope=tables:public.users lock=ACCESS EXCLUSIVE rewrite=no rerun=fails
    -- near: G101 class=additive ...          a near miss: looks like the rule's case and is not; G101 must not be reported
    -- miss: G101                              the same, without further expectations
    -- class: destructive                      a case that was not written for one rule; "a|b" allows both
    -- run: psql                               (second line, optional) how to run it; default: one simple query

Keys of a rule line are class, loses, scope, lock, rewrite, scan, transaction, rerun (values as in `classify --json`, with
yes and no for true and false), and for the oracle alone: since=17, until=17 (majors that know the syntax), error=23503
(the SQLSTATE with which the statement fails on the fixture), loose=lock,scan (fields that the text alone cannot tell, in
which the expectation is on the safe side of what is measured). A line `-- then:` divides a file: what stands above it is
run first and not judged, what stands below is the one statement that the first line speaks of.
"""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent / "corpus"
_HEAD = re.compile(r"--\s*(rule|near|miss|class):\s*(\S+)\s*(.*)")
_PAIR = re.compile(r"(\w+)=(.*?)(?=\s+\w+=|$)")


@dataclasses.dataclass
class Case:
    path: pathlib.Path
    kind: str  # "rule", "near" or "class"
    name: str  # the rule's id, or the expected class
    expected: dict
    text: str  # the whole file
    prologue: str  # what runs first; "" when nothing does
    statement: str
    how: str  # "simple", "psql", or "no": not on a server

    @property
    def id(self):
        return str(self.path.relative_to(ROOT).with_suffix(""))


def load(path):
    """The Case in one file; None when its first line is no header."""
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    lines = text.split("\n")
    head = _HEAD.match(lines[0])
    if not head:
        return None
    run = re.match(r"--\s*run:\s*(\w+)", lines[1]) if len(lines) > 1 else None
    prologue, divider, statement = text.partition("\n-- then:")
    if not divider:
        prologue, statement = "", text
    else:
        statement = statement.partition("\n")[2]
    kind, name, rest = head.groups()
    kind = "near" if kind == "miss" else kind
    expected = {key: value.strip() for key, value in _PAIR.findall(rest)}
    return Case(path, kind, name, expected, text, prologue, statement, run.group(1) if run else "simple")


def cases(folder):
    """Every Case below tests/corpus/<folder>, in the order of the paths. Files without a header are an error."""
    found = []
    for path in sorted((ROOT / folder).rglob("*.sql")):
        case = load(path)
        if case is None:
            raise ValueError(f"{path}: the first line does not say what is expected")
        found.append(case)
    return found
