"""A database of a test's own, copied from a template, and guardian's command line on it with a store beside: what the tests of
`guardian run` share. A file derives its own class from World for what it asks more often."""

import contextlib
import itertools
import os
import subprocess

from . import server as servers

_serial = itertools.count(1)


class World:
    def __init__(self, server, name, folder):
        self.server, self.name, self.folder = server, name, folder
        self.env = {**os.environ, **server.env(name), "GUARDIAN_STORE": f"file://{folder}/store"}

    def cli(self, *words, status=0, stdin="", **more):
        """One call of the binary under test; `status` None: any."""
        ran = subprocess.run([servers.guardian_path(), *map(str, words)], env={**self.env, **more}, input=stdin, capture_output=True, text=True,
                             timeout=120, cwd=self.folder)
        assert status is None or ran.returncode == status, f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def value(self, sql):
        return self.server.psql(self.name, stdin=sql).stdout.strip()


@contextlib.contextmanager
def world(server, folder, template="template0", kind=World):
    name = f"world{next(_serial)}_{os.getpid()}"
    server.create(name, template)
    try:
        yield kind(server, name, folder)
    finally:
        server.drop(name)
