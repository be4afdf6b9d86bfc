"""Every rule's corpus file, three ways: what its first line claims, what a running server does, what Guardian says.

The claim must be what the server does, so nobody has to believe a rule; Guardian must say what the claim says, and, with
the live catalogue, never less than the server showed.
"""

import pytest

from harness import corpus, effects, guardian as binary, measure
from harness import server as servers

CASES = corpus.cases("rules")
LOCKS = ["none"] + [measure.spoken(mode) for mode in measure.MODES]
YES = {"yes": True, "no": False}

assert CASES, "tests/corpus/rules is empty"


def applies(case, major):
    return int(case.expected.get("since", 0)) <= major <= int(case.expected.get("until", 99))


def disagreements(case, found):
    """Where the claim of a rule's file and the measured truth differ, in words."""
    claim, loose, wrong = case.expected, case.expected.get("loose", "").split(","), []
    if claim.get("error") or found.error:
        return [] if claim.get("error") == found.error else [f"fails with {found.error} {found.message}, expected {claim.get('error')}"]

    def expect(field, claimed, real, safe):
        if claimed != real and not (field in loose and safe):
            wrong.append(f"{field}: claimed {claimed}, measured {real}")

    if "lock" in claim:
        expect("lock", claim["lock"], found.lock, LOCKS.index(claim["lock"]) > LOCKS.index(found.lock))
    for field in ("rewrite", "scan"):
        if field in claim and getattr(found, field) is not None:
            expect(field, YES[claim[field]], getattr(found, field), YES[claim[field]])
    if "transaction" in claim:
        expect("transaction", YES[claim["transaction"]], found.transaction, not YES[claim["transaction"]])
    if "rerun" in claim and claim["rerun"] != "depends":
        expect("rerun", claim["rerun"], found.rerun, claim["rerun"] in ("fails", "repeats"))
    if "class" in claim and not effects.at_least(claim["class"], demand(claim["class"], found.least_class, found.effects)):
        wrong.append(f"class: claimed {claim['class']}, but {found.effects.summary()}")
    if "loses" in claim and found.overall.lost_data and found.effects.lost_data and claim["loses"] not in ("data", "outside"):
        wrong.append(f"loses: claimed {claim['loses']}, but {found.effects.summary()}")
    return wrong


def demand(claimed, least, found):
    """What the effect demands; an enum change may lose labels and their rows and is still an enum change."""
    return "enum" if least == "destructive" and claimed == "enum" and found.changed_enums else least


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_server_does_what_the_rule_says(case, clean_server):
    if not applies(case, clean_server.major):
        pytest.skip(f"not for PostgreSQL {clean_server.major}")
    if case.how == "no":
        pytest.skip("the file says that it cannot run on the fixture")
    found = measure.measure(clean_server, case.statement, case.prologue)
    assert not disagreements(case, found), found.summary()


def report_on(case, guardian, server):
    """What Guardian says by the text alone, or with the catalogue where only that shows it (live=yes)."""
    if case.expected.get("live") != "yes":
        return binary.classify(guardian, case.path)
    with effects.Scratch(server, watch=False) as scratch:
        return binary.classify(guardian, case.path, "--db", server.uri(scratch.name))


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_guardian_says_what_the_rule_says(case, guardian, clean_server):
    document = report_on(case, guardian, clean_server)
    if int(case.expected.get("since", 0)) > int(document["grammar"].partition(".")[0]):
        pytest.skip("the grammar that Guardian is built with is older")
    last = binary.statements(document)[-1]
    said = {"class": last["class"], "loses": last["loses"], "lock": last["lock"], "rerun": last["rerun"],
            **{field: "yes" if last[field] else "no" for field in ("rewrite", "scan", "transaction")}}
    assert {key: said[key] for key in said if key in case.expected} == {
        key: value for key, value in case.expected.items() if key in said}
    rules = {finding["rule"] for finding in last["findings"]}
    if case.kind == "rule":
        assert case.name in rules
    elif case.kind == "near":
        assert case.name not in rules
    if "scope" in case.expected:
        kind, _, tables = case.expected["scope"].partition(":")
        assert last["scope"]["kind"] == kind
        assert not tables or set(last["scope"]["tables"]) == set(tables.split(","))


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_guardian_with_the_catalogue_never_says_less_than_happens(case, guardian, clean_server):
    if not applies(case, clean_server.major):
        pytest.skip(f"not for PostgreSQL {clean_server.major}")
    if case.expected.get("error") or case.how == "no":
        pytest.skip("the statement fails on the fixture: nothing happens")
    with effects.Scratch(clean_server) as scratch:
        document = binary.classify(guardian, case.path, "--db", clean_server.uri(scratch.name))
        found = scratch.effects(case.text, case.how)
    assert effects.at_least(document["class"], demand(case.expected.get("class"), found.least_class, found)), found.summary()
    if found.lost_data:
        scopes = [one["scope"] for one in binary.statements(document)]
        held = {table for scope in scopes for table in scope.get("tables", [])}
        missing = [] if any(scope["kind"] == "database" for scope in scopes) else set(found.lost_tables) - held
        assert not missing, f"a backup of {sorted(held)} would not hold {sorted(missing)}"


@pytest.mark.deep
@pytest.mark.parametrize("major", [13, 14, 15, 16, 17, 18])
def test_the_rules_hold_on_every_major(major):
    if major not in servers.wanted_majors():
        pytest.skip(f"GUARDIAN_TEST_MAJORS does not name {major}")
    wrong = {}
    server = servers.Server(major=major)
    try:
        for case in CASES:
            if not applies(case, major) or case.how == "no":
                continue
            if server.spoiled:
                server.stop()
                server = servers.Server(major=major)
            found = disagreements(case, measure.measure(server, case.statement, case.prologue))
            if found:
                wrong[case.id] = found
    finally:
        server.stop()
    assert not wrong
