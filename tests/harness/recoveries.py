"""Servers that `guardian recover` has brought back, and what they hold."""

import contextlib
import json
import pathlib
import subprocess
import time

from .pitr import AS_SERVER


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 10**6):06d}Z"


def ended(ran, status):
    """A run that must end so, and say why."""
    assert ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran.stderr


def folder_of(world, name=None):
    return pathlib.Path(world.place, name or f"recovered-{time.time_ns()}")


def recover(world, *words, folder=None, status=0, env=None, timeout=120, **options):
    """Run guardian recover --json: (folder, the document or None, stderr)."""
    folder = folder or folder_of(world)
    ran = world.guardian("recover", folder, "--no-check", "--json", *words, status=status, env=env, timeout=timeout, **options)
    return folder, json.loads(ran.stdout) if ran.returncode == 0 else None, ran.stderr


def ask(running, sql, database="postgres"):
    """What a server that was left running answers, as psql -At writes it."""
    target = running.replace("dbname='postgres'", f"dbname='{database}'")
    return subprocess.run([*AS_SERVER, "psql", target, "-XAtqc", sql], check=True, capture_output=True, text=True).stdout.strip()


def end(world, folder):
    subprocess.run([*AS_SERVER, world.tools / "pg_ctl", "-D", folder, "-m", "immediate", "-w", "stop"], capture_output=True)


@contextlib.contextmanager
def running(world, *words, **options):
    """Recovered and left running: (what recover --json says, ask)."""
    folder, said, _ = recover(world, *words, "--keep-running", **options)
    try:
        yield said, lambda sql, database="postgres": ask(said["recovered"]["running"], sql, database)
    finally:
        end(world, folder)
        home = said["recovered"]["running"].split("host='")[1].split("'")[0]
        subprocess.run(["rm", "-rf", home])
