"""guardian recover: the folder it writes into: tablespaces, encryption, what is kept, what is cut off; drills of base backups; throwaway servers."""

import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

from harness import pitr
from harness.lack import lack
from harness.recoveries import end, folder_of, recover, running

MARK = "guardian.recovering"


def own(path):
    """A folder that the server's user may write to."""
    path.mkdir()
    if pitr.AS_SERVER:
        shutil.chown(path, "postgres", "postgres")
    return path


@pytest.fixture(scope="module")
def world():
    """A server with a tablespace and a superuser of another name, everything encrypted."""
    with pitr.Archive() as one:
        key = one.place / "key"
        key.write_text("0123456789abcdef" * 4 + "\n")
        key.chmod(0o644)
        (one.place / "more").write_text(f"export GUARDIAN_KEY_FILE={key}\n")
        one.env["GUARDIAN_KEY_FILE"] = one.key = str(key)
        one.space = own(one.place / "space")
        one.server.run(f"CREATE TABLESPACE far LOCATION '{one.space}'")
        one.server.run("CREATE TABLE here AS SELECT g AS n, repeat('x', 100) AS t FROM generate_series(1, 20000) g")
        one.server.run("CREATE TABLE there TABLESPACE far AS SELECT * FROM here")
        one.server.run("CREATE INDEX ON there (n)")
        one.server.run("CREATE ROLE boss SUPERUSER LOGIN")
        link = one.server.connect("template1", user="boss")
        with link.cursor() as cursor:
            cursor.execute("ALTER ROLE postgres RENAME TO \"first one\"")
        link.close()
        guardian = one.guardian
        one.guardian = lambda *words, env=None, **options: guardian(
            *words, env={"GUARDIAN_KEY_FILE": one.key, "GUARDIAN_DB": one.server.uri(user="boss"), **(env or {})}, **options)
        one.base = json.loads(one.guardian("base", "--json", as_server=True).stdout)["base"]
        link = one.server.connect("postgres", user="boss")
        with link.cursor() as cursor:
            cursor.execute("INSERT INTO there SELECT 30000, 'late'")
            cursor.execute("SELECT pg_walfile_name(pg_switch_wal())")
            name = cursor.fetchone()[0]
            cursor.execute("SELECT pg_switch_wal()")
            for _ in range(600):
                cursor.execute("SELECT last_archived_wal >= %s FROM pg_stat_archiver", [name])
                if cursor.fetchone()[0]:
                    break
                time.sleep(0.05)
        link.close()
        yield one


def spaced(world, *words, **options):
    """recover, with the tablespace in a folder of its own beside."""
    space = folder_of(world)
    return ("--map-tablespace", f"{world.space}={space}", *words), options, space


def test_tablespaces_and_encryption(world):
    words, _, space = spaced(world, "--latest")
    with running(world, *words) as (said, ask):
        assert ask("SELECT count(*), max(n) FROM there") == "20001|30000" and ask("SELECT count(*) FROM here") == "20000"
        assert ask("SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = 'far'") == str(space)
        assert ask("SELECT current_user") == "first one"
        assert any(space.iterdir()) and space.stat().st_mode & 0o777 == 0o700
        folder = pathlib.Path(said["recovered"]["folder"])
        assert not (folder / "tablespace_map").exists() and oct((folder / "base").stat().st_mode & 0o777) == "0o700"
    said = recover(world, "--latest", status=2)[2]
    assert "is not empty" in said and "--map-tablespace" in said


def test_without_the_key_nothing_is_begun(world):
    folder, _, said = recover(world, "--latest", status=2, env={"GUARDIAN_KEY_FILE": ""})
    assert "is encrypted with key" in said and not folder.exists()
    shown = json.loads(world.guardian("recover", "--preview", "--json", "--latest", env={"GUARDIAN_KEY_FILE": ""}).stdout)
    assert "encrypted with key" in shown["notes"][0] and "no key was given" in shown["notes"][0]


def test_nothing_is_put_into_another_data_directory(world):
    """As long as its server lives, and when it is stopped, too."""
    inside = world.data / "base" / "more" / "x"
    folder, _, said = recover(world, "--latest", "--map-tablespace", f"{world.space}={inside}", status=2)
    assert f'lies in "{world.data}"' in said and not inside.parent.exists()
    for way in (world.data, world.place / "link"):
        if way != world.data:
            way.symlink_to(world.data)
        said = recover(world, "--latest", folder=way / "x", status=2)[2]
        assert f'"{way / "x"}" lies in "{world.data}"' in said and not (world.data / "x").exists()


def test_delta_keeps_what_is_right_and_replaces_the_rest(world):
    words, _, space = spaced(world, "--latest")
    folder, first, _ = recover(world, *words)
    big = max((one for one in (folder / "base").rglob("*") if one.is_file()), key=lambda one: one.stat().st_size)
    whole = big.read_bytes()
    big.write_bytes(b"\0" * len(whole))
    (folder / "base" / "stranger").write_text("not of this cluster")
    (folder / "standby.signal").write_text("")
    _, again, _ = recover(world, *words, "--delta", folder=folder)
    assert again["recovered"]["kept_bytes"] > first["recovered"]["bytes"] / 2
    assert not (folder / "base" / "stranger").exists() and not (folder / "standby.signal").exists()
    subprocess.run([*pitr.AS_SERVER, world.tools / "pg_ctl", "-D", folder, "-l", folder / "log", "-w", "-o", f"-k {folder} -c listen_addresses=", "start"], check=True,
                   capture_output=True)
    try:
        count = subprocess.run([*pitr.AS_SERVER, "psql", "-h", folder, "-U", "boss", "-d", "postgres", "-XAtqc", "SELECT count(*) FROM here"], capture_output=True, text=True)
        assert count.stdout.strip() == "20000", count.stderr + (folder / "log").read_text()
    finally:
        end(world, folder)
    with pitr.Archive(archive=False) as other:
        foreign = folder_of(world)
        shutil.copytree(other.data, foreign, ignore=shutil.ignore_patterns("postmaster.pid"))
        assert "of another cluster" in recover(world, *words, "--delta", folder=foreign, status=2)[2]
        assert (foreign / "global" / "pg_control").exists()


def test_delta_over_a_copy_leaves_what_its_links_lead_to(world):
    """cp -a keeps the links of tablespaces and pg_wal: they lead to what the living server uses."""
    copy, wal = folder_of(world), own(folder_of(world, "wal-of-another"))
    link = next((world.data / "pg_tblspc").iterdir())
    (wal / "000000010000000000000009").write_text("its only WAL")
    for name in ("global", "pg_tblspc"):
        (copy / name).mkdir(parents=True)
    shutil.copy(world.data / "global" / "pg_control", copy / "global")
    (copy / "pg_tblspc" / link.name).symlink_to(os.readlink(link))
    (copy / "pg_wal").symlink_to(wal)
    before = {one: one.stat().st_mtime_ns for one in world.space.rglob("*")}
    said = recover(world, "--latest", "--delta", "--map-tablespace", f"{link.name}={world.space}", folder=copy, status=2)[2]
    assert "pg_wal" in said and "is a link to a folder that is not empty" in said
    (copy / "pg_wal").unlink()
    said = recover(world, "--latest", "--delta", folder=copy, status=2)[2]
    assert "may use it" in said and f"--map-tablespace {world.space}={world.space}" in said
    assert {one: one.stat().st_mtime_ns for one in world.space.rglob("*")} == before and (copy / "global" / "pg_control").exists()
    (wal / "000000010000000000000009").unlink()
    (copy / "pg_wal").symlink_to(wal)
    recover(world, *spaced(world, "--latest")[0], "--delta", folder=copy)
    assert any(wal.iterdir()) and {one: one.stat().st_mtime_ns for one in world.space.rglob("*")} == before


POINTS = ["recover: a file is laid down", "recover: a file is laid down#200", "recover: before pg_control", "recover: after pg_control",
          "recover: before the server starts", "recover: after the server started", "recover: the target is reached", "recover: before it is done"]


QUICK = ["recover: a file is laid down#200", "recover: before pg_control", "recover: after the server started", "recover: before it is done"]


@pytest.mark.parametrize("point", POINTS if os.environ.get("GUARDIAN_TEST_DEEP") else QUICK)
def test_killed_anywhere_it_can_be_gone_on_with(world, point):
    words, _, space = spaced(world, "--latest")
    folder = folder_of(world)
    ran = world.guardian("recover", folder, "--no-check", *words, status=None, env={"GUARDIAN_FAULT": f"@{point}:exit"})
    if ran.returncode == 0:
        lack("this build has no fault points")
    assert ran.returncode == 99 and (folder / MARK).exists()
    for _ in range(100):  # what it had started notices
        if not (folder / "postmaster.pid").exists():
            break
        time.sleep(0.1)
    early = POINTS.index(point) < 3
    assert (folder / "global" / "pg_control").exists() != early
    if early:
        started = subprocess.run([*pitr.AS_SERVER, world.tools / "pg_ctl", "-D", folder, "-w", "-t", "20", "start"], capture_output=True, text=True)
        assert started.returncode != 0
    assert "an earlier attempt" in recover(world, *words, folder=folder, status=2)[2]
    with running(world, *words, "--delta", folder=folder) as (said, ask):
        assert ask("SELECT count(*) FROM there") == "20001" and said["recovered"]["exact"]


def test_a_damaged_object_is_named_and_does_not_start(world):
    data = next(world.store.glob("v1/*/base")) / world.base / "data"
    path = max(data.iterdir(), key=lambda one: one.stat().st_size)
    kept = path.read_bytes()
    path.chmod(0o666)
    path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    try:
        folder, _, said = recover(world, *spaced(world, "--latest")[0], status=8)
        assert path.name in said and not (folder / "global" / "pg_control").exists()
        assert "is damaged" in world.guardian("verify", world.base, "--drill", status=8).stderr
    finally:
        path.write_bytes(kept)
        time.sleep(1.1)  # a proof of the second in which damage was found does not count


def test_a_drill_recovers_it_and_looks_at_everything(world):
    work = own(folder_of(world))
    said = json.loads(world.guardian("verify", world.base, "--drill", "--json", env={"TMPDIR": str(work)}).stdout)["snapshots"][0]
    assert said["proof"] == "drill" and "throwaway server" in json.dumps(said)
    assert not list(work.iterdir())


def test_a_throwaway_server_goes_when_we_are_killed(world):
    work = own(folder_of(world))
    env = {**os.environ, "GUARDIAN_STORE": world.url, "GUARDIAN_KEY_FILE": world.key, "GUARDIAN_DB": world.server.uri(user="boss"), "TMPDIR": str(work),
           "GUARDIAN_FAULT": "@recover: the target is reached:exit"}
    ran = subprocess.run([pitr.GUARDIAN, "verify", world.base, "--drill"], env=env, capture_output=True, text=True, timeout=60)
    if ran.returncode == 0:
        lack("this build has no fault points")
    for _ in range(200):
        if not list(work.iterdir()):
            return
        time.sleep(0.1)
    raise AssertionError(list(work.rglob("*"))[:20])


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives the server to another user")
def test_what_only_root_may_read_is_handed_to_the_server(world):
    store = world.place / "closed"
    shutil.copytree(world.store, store)
    store.chmod(0o700)
    key = world.place / "rootkey"
    shutil.copy(world.key, key)
    key.chmod(0o600)
    work = own(folder_of(world))
    env = {"GUARDIAN_STORE": f"file://{store}", "GUARDIAN_KEY_FILE": str(key), "TMPDIR": str(work)}
    with running(world, *spaced(world, "--latest")[0], env=env) as (_, ask):
        assert ask("SELECT count(*) FROM there") == "20001"
    last = max((one for one in store.glob("v1/*/wal/00000001/0*.zst") if len(one.name) == 28), key=lambda one: one.name)
    last.write_bytes(last.read_bytes()[:-9])
    said = recover(world, *spaced(world, "--latest")[0], env=env, status=8)[2]
    assert "handed to it" in said and f'segment "{last.stem}" is damaged' in said
    assert not list(work.glob("guardian-feed.*"))
