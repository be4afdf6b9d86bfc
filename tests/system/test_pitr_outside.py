"""A tablespace that was made after the base backup: recovering beside the living server must not write into its files."""

import hashlib
import json
import os
import pathlib
import pwd
import shutil
import subprocess

import pytest

from harness import pitr

ALONE = {"GUARDIAN_DB": "", "DATABASE_URL": ""}


@pytest.fixture(scope="module")
def world():
    with pitr.Archive(settings={"full_page_writes": "on"}) as one:
        one.server.run("CREATE TABLE plain (n int)")
        one.guardian("base", "--quiet", as_server=True)
        one.place_of = folder(one, "later")
        one.server.run(f"CREATE TABLESPACE later LOCATION '{one.place_of}'")
        one.server.run("CREATE TABLE live (n int PRIMARY KEY, v text) TABLESPACE later; INSERT INTO live SELECT g, 'first' FROM generate_series(1, 1000) g")
        one.server.run("SELECT pg_create_restore_point('then')")
        one.server.run("UPDATE live SET v = 'second'")
        one.switch()
        one.server.run("CHECKPOINT")
        yield one


def folder(world, name):
    made = pathlib.Path(world.server.dir, name)
    made.mkdir()
    made.chmod(0o700)
    if pitr.AS_SERVER:
        os.chown(made, *pwd.getpwnam("postgres")[2:4])
    return made


def contents(place):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(place.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("who", ["the server's user", "root"])
def test_files_of_the_living_server_are_not_touched(world, who):
    if who == "root" and not pitr.AS_SERVER:
        pytest.skip("not root")
    before = contents(world.place_of)
    target = pathlib.Path(world.server.dir, f"beside-{who[:4]}")
    said = world.guardian("recover", target, "--name", "then", status=None, env=ALONE, as_server=who != "root")
    assert said.returncode not in (0, 6) and f'a tablespace is made in this WAL at "{world.place_of}"' in said.stderr, said.stderr
    assert contents(world.place_of) == before
    said = world.guardian("restore", "--table", "live", "--name", "then", status=None, as_server=who != "root")
    assert said.returncode != 0 and "a tablespace is made" in said.stderr, said.stderr
    assert contents(world.place_of) == before


def test_the_living_servers_folder_may_be_configured(world):
    """As it is on the server's own machine, for its archive_command: it is the recovering server's folder that counts."""
    before = contents(world.place_of)
    target = pathlib.Path(world.server.dir, "configured")
    said = world.guardian("recover", target, "--name", "then", status=None, env={**ALONE, "GUARDIAN_DATA_DIRECTORY": str(world.data)}, as_server=True)
    assert said.returncode not in (0, 6) and f'a tablespace is made in this WAL at "{world.place_of}"' in said.stderr, said.stderr
    assert contents(world.place_of) == before


def test_what_could_not_be_brought_back_here_gets_a_snapshot(world):
    (world.place / "change.sql").write_text("DROP TABLE plain;\n")
    said = json.loads(world.guardian("apply", "change.sql", "--json", "--yes", as_server=True).stdout)
    assert said["snapshot"] and not said["points"] and "tablespace later was made after base backup" in "".join(said["notes"])
    world.guardian("rollback", said["change"], "--yes", as_server=True)
    world.guardian("base", "--quiet", as_server=True)
    assert json.loads(world.guardian("apply", "change.sql", "--json", "--yes", as_server=True).stdout)["points"]


def test_elsewhere_an_empty_folder_is_filled(world):
    """Last in this file: the living server is stopped, as if this were another machine."""
    subprocess.run([*pitr.AS_SERVER, world.tools / "pg_ctl", "-D", world.data, "-m", "fast", "-w", "stop"], check=True, capture_output=True)
    kept = world.place_of.rename(world.place_of.with_name("kept"))
    target = pathlib.Path(world.server.dir, "elsewhere")
    said = world.guardian("recover", target, "--name", "then", status=None, env=ALONE, as_server=True)
    assert said.returncode != 0 and "is no folder" in said.stderr, said.stderr
    shutil.rmtree(target)
    folder(world, "later")
    world.guardian("recover", target, "--name", "then", "--keep-running", "--no-check", env=ALONE, as_server=True)
    try:
        home = (target / "postmaster.pid").read_text().splitlines()[4]
        rows = subprocess.run(["psql", "-XAtqc", "SELECT v, count(*) FROM live GROUP BY 1", "-h", home, "-U", "postgres", "-d", "postgres"], capture_output=True,
                              text=True, check=True).stdout
        assert rows == "first|1000\n"
    finally:
        world.end(target)
    assert contents(kept)
