"""pytest fixtures of the system tests: one server per session, one database per test."""

import itertools

import pytest

from . import lying_store, s3servers
from . import server as servers
from .lack import lack

_serial = itertools.count(1)


@pytest.fixture(scope="session")
def server():
    """The default server (PostgreSQL of this machine)."""
    with servers.Server(memory=True) as one:
        yield one


@pytest.fixture(scope="session")
def _clean():
    held = {}
    yield held
    for one in held.values():
        one.stop()


@pytest.fixture
def clean_server(_clean):
    """A server of which no earlier test has changed the roles, databases or settings; replaced when one did."""
    if "it" in _clean and _clean["it"].spoiled:
        _clean.pop("it").stop()
    if "it" not in _clean:
        _clean["it"] = servers.Server(memory=True)
    return _clean["it"]


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
