"""guardian recover of a server whose settings lie outside of its data directory (Debian): what comes out starts by itself."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from harness import pitr, s3, server as servers
from harness.lack import lack
from harness.recoveries import recover

FILES = ("postgresql.conf", "pg_hba.conf", "pg_ident.conf")


PORT = str(s3.free_ports(1))  # another server may have the usual one


def pg_ctl(world, folder, *words, port=PORT):
    """Plain pg_ctl."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run([*pitr.AS_SERVER, "env", f"PGPORT={port}", world.tools / "pg_ctl", "-D", folder, "-w", "-l", world.place / f"{folder.name}.log", *words], env=env,
                          capture_output=True, text=True)


@pytest.fixture(scope="module")
def world():
    """Stopped, with a base backup by the superuser, and one by a role that may not read its files."""
    with pitr.Archive() as one:
        etc = one.place / "etc"
        (etc / "conf.d").mkdir(parents=True)
        (etc / "conf.d" / "10-more.conf").write_text("work_mem = '7MB'\n")
        one.server.run("CREATE ROLE copies LOGIN REPLICATION; GRANT pg_read_all_settings TO copies; GRANT pg_write_all_data TO copies; "
                       "GRANT EXECUTE ON FUNCTION pg_switch_wal(), pg_create_restore_point(text) TO copies")
        assert pg_ctl(one, one.data, "stop").returncode == 0
        for name in FILES:
            shutil.move(one.data / name, etc / name)
        with open(etc / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"data_directory = '{one.data}'\nhba_file='{etc}/pg_hba.conf'\nident_file '{etc}/pg_ident.conf'\nexternal_pid_file = '{etc}/pid'\n"
                       f"archive_mode = on\narchive_command = '{one.place}/push %p'\n"
                       "max_prepared_transactions = 5\ninclude_dir = 'conf.d'\ninclude_if_exists 'nothing.conf'\n")
        if pitr.AS_SERVER:
            subprocess.run(["chown", "-R", "postgres", etc], check=True)
        started = pg_ctl(one, etc, "start", port=one.server.port)
        assert started.returncode == 0, started.stdout
        try:
            one.server.run("CREATE TABLE t AS SELECT 1 AS n")
            one.saved = json.loads(one.guardian("base", "--json", as_server=True).stdout)["base"]
            one.not_saved = json.loads(one.guardian("base", "--json", env={"GUARDIAN_DB": one.server.uri(user="copies")}, as_server=True).stdout)["base"]
            one.switch()
        finally:
            pg_ctl(one, etc, "-m", "fast", "stop")
        shutil.rmtree(etc)  # another machine
        yield one


@contextlib.contextmanager
def started(world, folder):
    ran = pg_ctl(world, folder, "start")
    try:
        assert ran.returncode == 0, (world.place / f"{folder.name}.log").read_text()
        yield (folder / "postmaster.pid").read_text().splitlines()[4]
    finally:
        pg_ctl(world, folder, "-m", "immediate", "stop")


def test_saved_ones_come_back_without_what_leads_to_the_old_places(world):
    folder, said, _ = recover(world, "--latest", "--base", world.saved, env={"GUARDIAN_DB": ""})
    settings = "\n".join(said["recovered"]["settings"])
    assert "postgresql.conf, pg_hba.conf, pg_ident.conf: as saved with the base backup" in settings and "minimal" not in settings
    assert all(name in settings for name in ("data_directory", "hba_file", "ident_file", "external_pid_file", "include_if_exists 'nothing.conf'")), settings
    for name in FILES:
        about = (folder / name).stat()
        assert about.st_mode & 0o777 == 0o600 and about.st_uid == folder.stat().st_uid
    with started(world, folder) as home:
        ask = ["psql", "-XAtq", "-h", home, "-p", PORT, "-U", "postgres", "-d", "postgres", "-c"]
        rows = subprocess.run([*ask, "SELECT n, current_setting('work_mem'), current_setting('hba_file') FROM t"], capture_output=True, text=True)
        assert rows.stdout == f"1|7MB|{folder}/pg_hba.conf\n", rows.stderr
    assert not (folder / "guardian.recovering").exists()


def test_without_saved_ones_there_are_minimal_ones_and_that_is_said(world):
    if not pathlib.Path("/var/run/postgresql").exists():
        lack("the usual folder of sockets is not here")
    folder, said, text = recover(world, "--latest", "--base", world.not_saved, env={"GUARDIAN_DB": ""})
    assert sum("is a minimal one" in one for one in said["recovered"]["settings"]) == 3
    assert "pg_hba.conf is a minimal one" in text and "Put your own into its place" in text
    assert "trust" not in (folder / "pg_hba.conf").read_text()
    assert "max_prepared_transactions = 5" in (folder / "postgresql.conf").read_text()
    with started(world, folder):
        pass


@pytest.mark.parametrize("major", [13, 14])
def test_statistics_of_the_living_server_are_left_alone(major):
    """A server empties its folder of statistics when it starts, and the setting is the living server's."""
    servers.other_major(major)
    with pitr.Archive(major=major) as world:
        statistics = world.place / "statistics"
        statistics.mkdir()
        if pitr.AS_SERVER:
            shutil.chown(statistics, "postgres")
        world.server.run(f"ALTER SYSTEM SET stats_temp_directory = '{statistics}'")
        world.guardian("base", "--quiet", as_server=True)
        (statistics / "db_99.stat").write_text("of the living server")
        world.switch()
        recover(world, "--latest", "--pg-bin", world.tools, env={"GUARDIAN_DB": ""})
        assert (statistics / "db_99.stat").exists()
