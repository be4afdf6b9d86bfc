"""pytest fixtures of the system tests: one server per session, one database per test."""

import itertools

import pytest

from . import effects, lying_store, s3servers
from . import server as servers
from .lack import lack

_serial = itertools.count(1)


@pytest.fixture(scope="session")
def server():
    """The default server (PostgreSQL of this machine)."""
    with servers.Server(memory=True) as one:
        yield one


class _Clean:
    """Gives a server that nobody has spoiled. From the second on they are copies of one that was made ready and halted."""

    def __init__(self):
        self.given = self.mould = None

    def give(self):
        if self.given and self.given.spoiled:
            self.given.stop("immediate")
            self.mould = self.mould or self._made_ready()
            self.given = servers.Server(memory=True, mould=self.mould)
        self.given = self.given or servers.Server(memory=True)
        return self.given

    @staticmethod
    def _made_ready():
        one = servers.Server(memory=True)
        for watch in (False, True):  # makes the templates, and takes their States
            with effects.Scratch(one, watch):
                pass
        one.halt()
        return one

    def stop(self):
        for one in (self.given, self.mould):
            if one:
                one.stop()


@pytest.fixture(scope="session")
def _clean():
    held = _Clean()
    yield held
    held.stop()


@pytest.fixture
def clean_server(_clean):
    """A server of which no earlier test has changed the roles, databases or settings; replaced when one did."""
    return _clean.give()


@pytest.fixture
def database(server):
    """A new, empty database; its name."""
    name = f"t{next(_serial)}"
    server.create(name)
    yield name
    server.drop(name)


@pytest.fixture
def shop(server):
    """A new database that holds the corpus fixture (tests/corpus/fixture.sql); its name."""
    name = f"shop{next(_serial)}"
    server.create(name, server.load_fixture())
    yield name
    server.drop(name)


def _s3_server(kind, *options):
    if not kind.is_installed():
        lack(f"{kind.program} is not here (run .ci/packages s3)")
    return kind(*options)


@pytest.fixture(scope="session")
def rgw():
    """Ceph's radosgw with a TLS port, objects in memory, an empty bucket "guardian"."""
    with _s3_server(s3servers.Rgw, "--tls") as one:
        yield one


@pytest.fixture(scope="session")
def swift():
    """OpenStack Swift's S3 layer: no conditional put, an empty bucket "guardian"."""
    with _s3_server(s3servers.Swift) as one:
        yield one


@pytest.fixture(scope="session")
def _liar():
    with lying_store.LyingStore() as one:
        yield one


@pytest.fixture
def liar(_liar):
    """An empty S3 server that lies on command (lying_store.py says how)."""
    _liar.reset()
    return _liar


@pytest.fixture(scope="session")
def guardian():
    """Path of the binary under test."""
    path = servers.guardian_path()
    if not path:
        lack("neither GUARDIAN nor GD_BINARY names a binary")
    return path


def pytest_configure(config):
    config.addinivalue_line("markers", "deep: needs what a plain checkout does not have; the skip says what")
