"""The time line of guardian list, and prune by a window of time: killed anywhere, what is claimed afterwards is there."""

import json
import os
import pathlib
import shutil
import time

import pytest

from harness import pitr
from harness.lack import lack


class World:
    """Three base backups with WAL behind each; the window of a second begins behind the second of them."""

    def __init__(self):
        self.archive = pitr.Archive()
        self.bases = []
        with pitr.Ledger(self.archive.server) as ledger:
            for _ in range(3):
                self.bases.append(self.run("base", "--json")["base"])
                for _ in range(2):
                    ledger.wait(10)
                    self.archive.switch()
        time.sleep(0.1)

    def run(self, *words, status=0, env=None, store=None):
        ran = self.archive.guardian(*words, status=status, as_server=True, env={**(env or {}), **({"GUARDIAN_STORE": f"file://{store}"} if store else {})})
        return json.loads(ran.stdout) if "--json" in words and ran.stdout else ran

    def copy(self, name):
        """The store beside itself; times are kept, by which it is known what was read before."""
        target = self.archive.place / name
        shutil.copytree(self.archive.store, target)
        for path in [target, *target.rglob("*")]:
            if pitr.AS_SERVER:
                shutil.chown(path, "postgres")
        return target

    def keep(self):
        """So long that the third base backup is inside of the window and the second is its anchor."""
        seen = self.run("wal", "check", "--json")["clusters"][0]
        third = next(base for base in seen["bases"] if base["id"] == self.bases[2])["consistent"]
        now = self.archive.value("SELECT extract(epoch FROM clock_timestamp() - %s::timestamptz)::float", parameters=[third])
        return f"{int(now * 1000) + 200}ms"


@pytest.fixture(scope="module")
def world():
    one = World()
    yield one
    one.archive.stop()


def test_the_picture(world):
    text = world.run("list", env={"COLUMNS": "80", "LC_ALL": "C"}).stdout
    picture = text[text.index("Points in time of server"):].splitlines()
    assert all(len(line) <= 80 for line in picture), picture
    covered = next(line for line in picture if line.startswith("covered"))
    assert "=" in covered and "x" not in covered
    assert sum(line.startswith("base") for line in picture) == 1 and any("recover   any moment from" in line for line in picture)
    wide = world.run("list", env={"COLUMNS": "118", "LC_ALL": "C.UTF-8"}).stdout
    assert "\u2501" in wide and max(map(len, wide.splitlines())) <= 118
    document = world.run("list", "--json")
    assert [base["id"] for base in document["points_in_time"][0]["bases"]] == world.bases


def test_a_hole_is_in_the_picture(world):
    store = world.copy("hole")
    path = sorted(path for path in store.glob("v1/*/wal/*/*.zst") if len(path.name) == 28)[-3]
    path.unlink()
    text = world.run("list", env={"COLUMNS": "80", "LC_ALL": "C"}, store=store).stdout
    assert "x" in next(line for line in text.splitlines() if line.startswith("covered"))
    assert f"segment {path.name[:24]} is missing" in text
    shutil.rmtree(store)


def test_a_window_is_asked_for_in_words_that_are_understood(world):
    for wrong in ("yesterday", "0", "-3d"):
        assert "is not a length of time" in world.run("prune", f"--keep={wrong}", status=2).stderr
    document = world.run("prune", "--json", "--keep-last", "1", "--all")
    assert document["points_in_time"] is None


def test_nothing_goes_when_nothing_is_old_enough(world):
    one = world.run("prune", "--keep", "14d", "--json", "--all")["points_in_time"][0]
    assert one["anchor"] is None and {base["keep"] for base in one["bases"]} == {"uncertain"}
    assert one["wal"]["removed"] == 0


def test_what_is_held_stays(world):
    store = world.copy("held")
    assert world.run("prune", "--hold", world.bases[0], "--json", store=store)["held"] == [world.bases[0]]
    world.run("prune", "--keep", world.keep(), "--apply", "--all", store=store)
    seen = world.run("wal", "check", "--json", store=store)["clusters"][0]
    assert [base["id"] for base in seen["bases"]] == world.bases and seen["bases"][0]["usable"]
    assert seen["faults"] == 0 and seen["windows"][-1]["first_base"] in world.bases[:2]
    shutil.rmtree(store)


def aged(store, days):
    for path in store.rglob("*"):
        if path.is_file():
            os.utime(path, (time.time() - days * 86400,) * 2)


def test_a_server_that_is_no_more_is_forgotten_when_nothing_speaks_against_it(world):
    store = world.copy("forgotten")
    alone = {"GUARDIAN_DB": "", "DATABASE_URL": "", **dict.fromkeys(("PGHOST", "PGPORT", "PGUSER", "PGDATABASE"), "")}
    system = next(store.glob("v1/*/base")).parent
    other = store / "v1" / f"{system.name}-shop" / "snapshots" / "x"
    other.mkdir(parents=True)
    (other / "kept").touch()
    forget = ("prune", "--forget", system.name)
    assert "stored" in world.run(*forget, "--apply", status=3, store=store, env=alone).stderr
    aged(store, 40)
    assert "database that is set" in world.run(*forget, "--apply", status=3, store=store).stderr
    assert "stored" in world.run(*forget, "--keep", "60d", "--apply", status=3, store=store, env=alone).stderr
    assert "holds nothing" in world.run("prune", "--forget", "77", status=2, store=store, env=alone).stderr
    world.run("prune", "--hold", world.bases[0], store=store)
    aged(store, 40)
    assert "is held" in world.run(*forget, "--apply", status=3, store=store, env=alone).stderr
    world.run("prune", "--release", world.bases[0], store=store)
    aged(store, 40)
    said = " ".join(world.run(*forget, store=store, env=alone).stdout.split())
    assert "goes 3 base backups and all WAL" in said and "Nothing was removed: --apply does it." in said, said
    before = len(world.run("wal", "check", "--json", store=store, env=alone)["clusters"][0]["bases"])
    aged(store, 40)
    cut = world.run(*forget, "--apply", status=None, store=store, env={**alone, "GUARDIAN_FAULT": "@forget: before an object#6:exit"})
    if cut.returncode != 0:
        assert not list(system.glob("base/*/manifest.json")), "manifests go first"
    world.run(*forget, "--apply", store=store, env=alone)
    assert before == 3 and not [path for path in system.rglob("*") if path.is_file()] and (other / "kept").exists()
    shutil.rmtree(store)


def test_killed_anywhere_nothing_is_claimed_that_is_not_there(world):
    before = world.run("wal", "check", "--json")["clusters"][0]
    files = set()
    points = ["@retain: before a manifest", "@retain: before it is written down"]
    points += [f"@retain: before an object#{nth}" for nth in (1, 2, 4, 7, 9, 12, 40)]
    for point in points:
        store = world.copy("killed")
        ran = world.run("prune", "--keep", world.keep(), "--apply", "--all", status=None, store=store, env={"GUARDIAN_FAULT": f"{point}:exit"})
        if ran.returncode == 0 and point == points[0]:
            lack("this build has no fault points")
        for finish in (False, True):
            seen = world.run("wal", "check", "--read-all", "--json", store=store)["clusters"][0]
            assert seen["faults"] == 0, (point, seen)
            assert len(seen["windows"]) == 1 and seen["windows"][0]["to_lsn"] == before["windows"][0]["to_lsn"]
            assert seen["windows"][0]["first_base"] in (world.bases[:2] if not finish else world.bases[1:2]), (point, seen["windows"])
            if not finish:
                world.run("prune", "--keep", world.keep(), "--apply", "--all", store=store)
        files.add(tuple(sorted(str(path.relative_to(store)) for path in store.glob("v1/*/[bw]a*/**/*.zst") if "wal-proven" not in str(path) and world.bases[0] not in str(path))))
        shutil.rmtree(store)
    assert len(files) == 1  # however it was cut off; but litter of the base backup stays for a day


def test_what_stays_is_recovered(world):
    store = world.copy("pruned")
    world.run("prune", "--keep", world.keep(), "--apply", "--all", store=store)
    folder = pathlib.Path(world.archive.place, "recovered")
    world.run("recover", "--latest", "--no-check", str(folder), store=store)
    assert (folder / "PG_VERSION").exists()
