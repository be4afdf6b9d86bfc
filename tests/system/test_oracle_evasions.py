"""Ways in which a change hides what it does, each tried on a running server before Guardian is asked about it.

The first line of a case allows one class or several. The server says what the script really did to the fixture; the claim
may not be milder than that, and neither may Guardian, whatever the claim. Where the loss does not show afterwards (a shell
command, a branch that is not taken, a ROLLBACK at the end) the case says so with effect=.
"""

import json
import subprocess

import pytest

from harness import corpus, effects
from harness import server as servers

CASES = corpus.cases("evasions")
IDS = [case.id for case in CASES]


def allowed(case):
    return case.name.split("|")


def expected_effect(case):
    """The class that the end state alone has to demand."""
    if "effect" in case.expected:
        return case.expected["effect"]
    mildest = min((name if name in effects.CLASSES[:3] else "destructive" for name in allowed(case)), key=effects.CLASSES.index)
    return mildest


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_case_really_does_what_it_claims(case, clean_server):
    with effects.Scratch(clean_server) as scratch:
        found = scratch.effects(case.text, case.how)
    assert found.least_class == expected_effect(case), found.summary()
    assert found.error == case.expected.get("error")


def classified(guardian, case, *options):
    """Guardian's class of a case; a refusal with status 2 (it cannot be read) counts as "refused"."""
    ran = subprocess.run([guardian, "classify", "--json", *options, str(case.path)], capture_output=True, timeout=60)
    if ran.returncode == 2:
        return "refused"
    assert ran.returncode == 0, ran.stderr.decode(errors="replace")
    return json.loads(ran.stdout)["class"]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_guardian_is_not_deceived(case, guardian):
    said = classified(guardian, case)
    if said != "refused":
        assert effects.at_least(said, demanded(case)), f"{case.name} passes as {said}"
    assert said in allowed(case)


def demanded(case):
    """What Guardian must at least say: as bad as the mildest class allowed, and as what really happens."""
    really = expected_effect(case)
    return "enum" if really == "destructive" and "enum" in allowed(case) else really


def test_guardian_is_not_deceived_by_what_it_sees_in_the_catalogue(guardian, clean_server):
    deceived = {}
    with effects.Scratch(clean_server) as scratch:
        uri = clean_server.uri(scratch.name)
        for name in ("gd_watch_drop", "gd_watch_rewrite"):  # the harness's own watch writes rows, and would be judged with what it watches
            clean_server.run(f"DROP EVENT TRIGGER {name}", scratch.name)
        scratch.before = scratch.capture()
        for case in CASES:
            said = classified(guardian, case, "--db", uri)
            if said != "refused" and not effects.at_least(said, demanded(case)):
                deceived[case.id] = f"{said}, but does {demanded(case)}"
            elif said != case.expected.get("catalogue", said):
                deceived[case.id] = f"{said}, though the catalogue shows that it is {case.expected['catalogue']}"
            elif said != "refused" and allowed(case) == ["none"] and said != "none":
                deceived[case.id] = f"{said}: a false alarm"
        assert scratch.before.same_as(scratch.capture()), "classify --db changed the database"
    assert not deceived


@pytest.mark.deep
@pytest.mark.parametrize("major", [13, 14, 16, 17, 18])
def test_no_case_is_milder_on_another_major(major):
    if major not in servers.wanted_majors():
        pytest.skip(f"GUARDIAN_TEST_MAJORS does not name {major}")
    milder, server = {}, servers.Server(major=major)
    try:
        for case in CASES:
            if server.spoiled:
                server.stop()
                server = servers.Server(major=major)
            with effects.Scratch(server) as scratch:
                found = scratch.effects(case.text, case.how)
            if not effects.at_least(expected_effect(case), found.least_class):
                milder[case.id] = found.summary()
    finally:
        server.stop()
    assert not milder
