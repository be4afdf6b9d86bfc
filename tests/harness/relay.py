"""A door, a relay and a gate in front of a server: a hand on build/system/drive_relay."""

import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

BUILD = os.environ.get("GD_BUILD")
DRIVER = BUILD and pathlib.Path(BUILD, "system", "drive_relay")


class Relay:
    """Use as a context manager. `env` is the environment of a client that comes in by the door."""

    def __init__(self, environment, gate="open", **options):
        self.env = dict(environment)
        self.said, self.counts = [], None
        self._lines = queue.Queue()
        words = [str(DRIVER), gate] + [f"{name}={value}" for name, value in options.items()]
        self.process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line == "ready":
                break
            name, equals, value = line.partition("=")
            if equals:
                self.env[name] = value
            else:
                self.env.pop(name, None)
        else:
            raise RuntimeError(self.process.stderr.read())
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def wait_for(self, start, limit=10):
        """The next line that the gate says which begins so."""
        until = time.monotonic() + limit
        while time.monotonic() < until:
            try:
                line = self._lines.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                break
            self.said.append(line)
            if line.startswith(start):
                return line
        raise AssertionError(f"nothing said that begins with {start!r}: {self.said[-10:]}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.process.kill()
            self.process.wait()

    def stop(self, limit=40):
        """Its counts. A leak, or a wrong use of memory, is a failure of the test."""
        if self.counts is not None:
            return self.counts
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        wrong = self.process.stderr.read()
        assert status == 0, wrong[-4000:]
        line = self.wait_for("counts ")
        self.counts = {name: int(value) for name, value in (word.split("=") for word in line.split()[1:])}
        return self.counts

    def memory(self):
        """Resident bytes of the process."""
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return 1024 * sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(("Private_", "Rss:"))
                          and not line.startswith("Rss:"))
