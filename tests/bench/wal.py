#!/usr/bin/python3
"""Archiving and recovery of WAL, one run, side by side: seconds, and ratios.

    GD_BUILD=build /usr/bin/python3 tests/bench/wal.py [--segments N] [--s3]

Archived are segments full of updates of pgbench's tables: by cp, by guardian wal push, and by push --async, from the first .ready file to the last
answer. Replayed is the same WAL by three copies of one base backup, by cp (of files that are not compressed), by wal fetch and by wal fetch
--prefetch 8, from the start of the server to the end of recovery. --s3 does it with radosgw on loopback.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
BUILD = pathlib.Path(os.environ.setdefault("GD_BUILD", "build"))
os.environ.setdefault("GD_BINARY", str(BUILD.resolve() / "guardian"))
os.environ["GUARDIAN"] = os.environ["GD_BINARY"]

from harness import s3servers  # noqa: E402
from harness.pitr import AS_SERVER, Archive  # noqa: E402


class Bench(Archive):
    def __init__(self, segments, more, url):
        super().__init__(settings={"archive_command": "/bin/true", "max_wal_size": "4GB", "checkpoint_timeout": "1h", "wal_keep_size": "8GB", "synchronous_commit": "off"})
        self.segments = segments
        self.cp = self.place / "cp"
        self.cp.mkdir()
        self.cp.chmod(0o777)
        self.url = url or self.url
        (self.place / "more").write_text(more)
        for name in ("push", "fetch"):
            script = self.place / name
            script.write_text(script.read_text().replace(f"file://{self.store}", f"{self.url}$WHERE").replace(f"wal {name}", f"wal {name} $MODE"))

    def fill(self):
        """A base backup, and so many segments behind it, which wait to be archived."""
        subprocess.run(["pgbench", "-iqs", "2"], env=self.server.env(), check=True, capture_output=True)
        first = self.value("SELECT pg_walfile_name(pg_switch_wal())")
        self.base = self.copy()
        begin = self.value("SELECT pg_current_wal_lsn()")
        while self.value(f"SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '{begin}')") < self.segments * (16 << 20):
            self.server.run("UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid % 2 = 0")
        self.server.run("SELECT pg_switch_wal()")
        last = self.value("SELECT pg_walfile_name(pg_current_wal_lsn() - 1)")
        self.rows = self.value("SELECT sum(abalance)::text FROM pgbench_accounts")
        self.names = sorted(path.name for path in (self.data / "pg_wal").glob("0000000100*") if first <= path.name <= last and "." not in path.name)

    def ready(self):
        status = self.data / "pg_wal" / "archive_status"
        for name in self.names:
            (status / f"{name}.done").unlink(missing_ok=True)
            (status / f"{name}.ready").touch()
            shutil.chown(status / f"{name}.ready", "postgres") if AS_SERVER else None

    def archive(self, command, mode, where=""):
        """Every file, one call after the other, as the server makes them."""
        self.ready()
        self.mode(mode, where)
        begin = time.monotonic()
        status = self.data / "pg_wal" / "archive_status"
        for name in self.names:
            subprocess.run([*AS_SERVER, "/bin/sh", "-c", command.replace("%p", f"pg_wal/{name}").replace("%f", name)], cwd=self.data, check=True)
            (status / f"{name}.ready").rename(status / f"{name}.done")
        return time.monotonic() - begin

    def mode(self, text, where=""):
        for name in ("push", "fetch"):
            script = self.place / name
            lines = [line for line in script.read_text().splitlines() if not line.startswith("MODE=")]
            script.write_text("\n".join([lines[0], f"MODE='{text}' WHERE='{where}'", *lines[1:]]) + "\n")

    def replay(self, command, mode):
        self.mode(mode)
        folder = pathlib.Path(f"{self.base}.run")
        subprocess.run(["cp", "-a", self.base, folder], check=True)
        conf = folder / "postgresql.auto.conf"
        conf.write_text(conf.read_text().replace(str(self.base), str(folder)) + f"restore_command = '{command}'\nshared_buffers = 256MB\n")
        begin = time.monotonic()
        self.start(folder)
        while self.ask(folder, "SELECT pg_is_in_recovery()") != "f":
            time.sleep(0.05)
        seconds = time.monotonic() - begin
        rows = self.ask(folder, "SELECT sum(abalance)::text FROM pgbench_accounts")
        self.end(folder)
        time.sleep(0.2)
        shutil.rmtree(folder, ignore_errors=True)
        assert rows == self.rows, "what was replayed is not what was written"
        return seconds


def report(title, rows):
    print(f"\n{title}")
    first = rows[0][1]
    for name, seconds in rows:
        print(f"  {name:<32}{seconds:>8.2f} s{seconds / first:>9.2f}", flush=True)


def run(options, url="", more=""):
    with Bench(options.segments, more, url) as bench:
        bench.fill()
        print(f"{len(bench.names)} files, {options.segments} segments of 16 MiB and more; store: {bench.url or 'file'}")
        archive = [("cp, fsync", bench.archive(f"cp %p {bench.cp}/%f && sync {bench.cp}/%f", ""))]
        archive.append(("wal push", bench.archive(f"{bench.place}/push %p", "")))
        archive.append(("wal push --async", bench.archive(f"{bench.place}/push %p", "--async", "/async")))
        report("Archiving, one call after the other", archive)
        report("Recovery", [(name, bench.replay(command, mode)) for name, command, mode in (
            ("wal fetch", f"{bench.place}/fetch %f %p", ""), ("wal fetch --prefetch 8", f"{bench.place}/fetch %f %p", "--prefetch 8"),
            ("cp", f"cp {bench.cp}/%f %p", ""))])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--segments", type=int, default=64)
    parser.add_argument("--s3", action="store_true")
    options = parser.parse_args()
    if not options.s3:
        return run(options)
    with s3servers.Rgw() as server:
        more = "".join(f"export {name}='{value}'\n" for name, value in server.env().items() if name.startswith(("AWS_", "GUARDIAN_STORE_")))
        return run(options, server.url("wal"), more)


if __name__ == "__main__":
    main()
