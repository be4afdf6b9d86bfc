"""guardian wal stream as a process, and what its store really holds, read without Guardian.

What the server was told to be safe (flush_lsn) is written down all the time: it must be in the store, byte for byte.
"""

import collections
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time
import urllib.request

from . import pitr, server as servers

GUARDIAN = servers.guardian_path()
lsn = pitr.lsn


class Stream:
    """One `guardian wal stream`. Lines of its log are in `log`; it is killed at the end of the block."""

    def __init__(self, archive, *words, env=None, target=None, as_server=False):
        self.env = {**archive.server.env(), "GUARDIAN_STORE": archive.url, "GUARDIAN_DB": target or archive.server.uri(), **(env or {})}
        self.log = []
        # not by runuser, which has a way of its own with signals
        user = {"user": "postgres", "group": "postgres", "extra_groups": []} if as_server and pitr.AS_SERVER else {}
        self.process = subprocess.Popen([GUARDIAN, "wal", "stream", "--metrics-listen", "127.0.0.1:0", *map(str, words)], env=self.env,
                                        stderr=subprocess.PIPE, text=True, **user)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    @property
    def text(self):
        return "\n".join(self.log)

    def wait_for(self, what, times=1, seconds=30):
        """Until a line of the log has this in it."""
        for _ in range(int(seconds * 50)):
            if sum(what in line for line in list(self.log)) >= times:
                return self
            if self.process.poll() is not None:
                self._reader.join(5)
                if sum(what in line for line in self.log) >= times:
                    return self
                raise AssertionError(f"ended with {self.process.returncode} before \"{what}\":\n{self.text}")
            time.sleep(0.02)
        raise AssertionError(f"no \"{what}\":\n{self.text}")

    def started(self):
        return self.wait_for("receiving timeline")

    def end(self, number=signal.SIGTERM, status=0, seconds=30):
        self.process.send_signal(number)
        code = self.process.wait(seconds)
        self._reader.join(5)
        assert code == status, f"{code}\n{self.text}"
        return self

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self._reader.join(5)

    def page(self, path):
        """(status, text)"""
        self.wait_for("numbers are told")
        port = re.search(r", port (\d+)", next(line for line in self.log if "numbers are told" in line)).group(1)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def numbers(self):
        text = self.page("metrics")[1]
        return {name: float(value) for name, value in re.findall(r"^guardian_wal_(\S+) (\S+)$", text, re.M)}

    def wait_number(self, name, test, seconds=20):
        for _ in range(int(seconds * 20)):
            numbers = self.numbers()
            if test(numbers[name]):
                return numbers
            time.sleep(0.05)
        raise AssertionError(f"{name} is {numbers[name]}\n{self.text}")

    def wait_durable(self, place, seconds=20):
        return self.wait_number("durable_lsn_bytes", lambda value: value >= place, seconds)


class Told:
    """What a server was told to be durable, asked all the time."""

    def __init__(self, server):
        self.server, self.most = server, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self):
        link = None
        while not self._stop.is_set():
            try:
                link = link or self.server.connect()
                with link.cursor() as cursor:
                    cursor.execute("SELECT max(flush_lsn)::text FROM pg_stat_replication WHERE application_name = 'guardian wal stream'")
                    text = cursor.fetchone()[0]
                    self.most = max(self.most, lsn(text) if text else 0)
            except Exception:
                link = None
                time.sleep(0.05)
            time.sleep(0.002)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(10)


def program(archive, name):
    """One of PostgreSQL's own; packages of other majors hold servers only."""
    own = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
    return shutil.which(name, path=f"{archive.tools}:{own}:{os.environ['PATH']}")


def unpack(path):
    return subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout


class Stored:
    """The WAL of each timeline in a store: {timeline: {segment number: bytes}}, whole segments and what is there of others."""

    def __init__(self, archive, segment_bytes):
        self.segment_bytes = segment_bytes
        self.segments = collections.defaultdict(dict)
        self.whole, self.pieces = set(), []
        for folder in archive.store.glob("v1/*/wal/*"):
            timeline = int(folder.name, 16)
            for path in sorted(folder.iterdir()):
                if re.fullmatch(r"[0-9A-F]{24}\.zst", path.name):
                    self.whole.add(path.name[:24])
                    self.segments[timeline][self.number(path.name)] = unpack(path)
            for path in sorted(folder.glob("*.part")):
                self._put_together(timeline, path)

    def number(self, name):
        return int(name[8:16], 16) * (0x100000000 // self.segment_bytes) + int(name[16:24], 16)

    def _put_together(self, timeline, folder):
        found = sorted((int(path.name[0:8], 16), int(path.name[9:17], 16), path) for path in folder.glob("*.zst"))
        if not found:  # its first one was about to be made
            return
        self.pieces += [path for _, _, path in found]
        have, number = b"", self.number(folder.name)
        for start, end, path in found:
            if start > len(have):
                break
            data = unpack(path)
            assert len(data) == end - start, path
            same = min(len(have) - start, len(data))
            assert have[start:start + same] == data[:same], f"{path} is not what the pieces before it say"
            if end > len(have):
                have = have[:start] + data
        whole = self.segments[timeline].get(number)
        if whole is None:
            self.segments[timeline][number] = have
        else:
            assert whole.startswith(have), folder

    def end(self, timeline=1):
        """(first byte, the byte behind the last one without a hole)"""
        segments = self.segments[timeline]
        first = at = min(segments)
        while at in segments and len(segments[at]) == self.segment_bytes:
            at += 1
        return first * self.segment_bytes, at * self.segment_bytes + len(segments.get(at, b""))

    def compare(self, folder, timeline=1):
        """With the server's own files; how many bytes were compared."""
        compared = 0
        for number, data in self.segments[timeline].items():
            name = self.name(timeline, number)
            for path in (pathlib.Path(folder, name), pathlib.Path(folder, name + ".partial")):
                if path.exists():
                    assert path.read_bytes()[:len(data)] == data, path
                    compared += len(data)
                    break
        return compared

    def name(self, timeline, number):
        per = 0x100000000 // self.segment_bytes
        return f"{timeline:08X}{number // per:08X}{number % per:08X}"

    def has_no_hole(self, timeline=1):
        segments = self.segments[timeline]
        return sorted(segments) == list(range(min(segments), max(segments) + 1)) and all(
            len(data) == self.segment_bytes for number, data in segments.items() if number < max(segments))


def write(server, megabytes=1):
    """So much WAL, in small transactions; where it ends."""
    server.run("CREATE TABLE IF NOT EXISTS wal_writes (n bigint, x text)")
    for _ in range(max(1, int(megabytes * 4))):
        server.run("INSERT INTO wal_writes SELECT n, repeat('x', 100) FROM generate_series(1, 1450) n")
    return flush(server)


def flush(server):
    """Where the WAL ends, when all of it is on disk: an asynchronous commit is not sent before."""
    for _ in range(500):
        inserted, flushed = server.run("SELECT pg_current_wal_insert_lsn()::text, pg_current_wal_flush_lsn()::text")[0]
        if inserted == flushed:
            return lsn(flushed)
        server.run("SET synchronous_commit = on; SELECT txid_current(), pg_logical_emit_message(true, 'x', 'x')")
    raise AssertionError("the server's WAL does not come to rest")
