"""Throwaway S3 servers for the system tests: thin hands on rgw.sh and swift.sh, which alone know how to start and stop them.

Like the PostgreSQL servers they die with the process that asked for them, whatever that process dies of.
"""

import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import threading

from . import s3

HERE = pathlib.Path(__file__).resolve().parent
_WATCHER = r'cat >/dev/null; "$0" stop "$1" >/dev/null 2>&1; rm -rf "$1"'


def read_exports(text):
    """What `export A=b C=d` lines say, as a dict."""
    words = [word for line in text.splitlines() if line.startswith("export ") for word in shlex.split(line)[1:]]
    return dict(word.split("=", 1) for word in words)


class S3Server:
    """One server in one folder. Use as a context manager, or call stop()."""

    script = None
    program = None

    def __init__(self, *options, bucket="guardian"):
        self.script_path = str(HERE / self.script)
        self.dir = tempfile.mkdtemp(prefix="gd-s3.", dir=os.environ.get("GUARDIAN_TEST_TMP", "/tmp"))
        self.bucket = bucket
        self._lock = threading.Lock()
        self._pipe = None
        self._watch()
        started = subprocess.run([self.script_path, "start", self.dir, *options, "--bucket", bucket],
                                 capture_output=True, text=True)
        if started.returncode != 0:
            self.stop()
            raise RuntimeError(f"no S3 server: {started.stderr.strip()}")
        self.variables = read_exports(started.stdout)

    def _watch(self):
        read_end, self._pipe = os.pipe()
        subprocess.Popen(["setsid", "--fork", "bash", "-c", _WATCHER, self.script_path, self.dir],
                         stdin=read_end, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait()
        os.close(read_end)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @classmethod
    def is_installed(cls):
        return shutil.which(cls.program) is not None

    def stop(self):
        with self._lock:
            if self._pipe is None:
                return
            self.do("stop")
            os.close(self._pipe)  # the watcher now removes the folder, too
            self._pipe = None
            shutil.rmtree(self.dir, ignore_errors=True)

    def do(self, verb):
        return subprocess.run([self.script_path, verb, self.dir], capture_output=True, text=True, timeout=120).stdout

    @property
    def endpoint(self):
        return self.variables["AWS_ENDPOINT_URL"]

    def env(self, **more):
        """The environment in which S3 clients reach this server, and nothing else of AWS's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GUARDIAN_STORE"))}
        own = {name: value for name, value in self.variables.items() if name.startswith("AWS_")}
        return {**kept, "AWS_EC2_METADATA_DISABLED": "true", **own, **more}

    def url(self, prefix=""):
        return f"s3://{self.bucket}/{prefix}"

    def client(self):
        """An independent client for what is in it."""
        return s3.Client.of(self.variables)


class Rgw(S3Server):
    """Ceph's radosgw: Rgw(), Rgw("--tls"), Rgw("--bluestore")."""

    script, program = "rgw.sh", "radosgw"

    @property
    def tls_endpoint(self):
        return self.variables["GD_TLS_ENDPOINT"]

    @property
    def ca_file(self):
        return self.variables["GD_TLS_CA"]

    def tls_client(self):
        return s3.Client.of(self.variables, self.tls_endpoint, self.ca_file)

    def session(self):
        """The variables of a session token that lives for 15 minutes."""
        return read_exports(self.do("sts"))


class Swift(S3Server):
    """OpenStack Swift with its S3 layer."""

    script, program = "swift.sh", "swift-proxy-server"
