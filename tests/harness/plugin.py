"""pytest fixtures of the system tests: one server per session, one database per test."""

import itertools

import pytest

from . import server as servers

_serial = itertools.count(1)


@pytest.fixture(scope="session")
def server():
    """The default server (PostgreSQL of this machine)."""
    with servers.Server() as one:
        yield one


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


@pytest.fixture(scope="session")
def guardian():
    """Path of the binary under test."""
    path = servers.guardian_path()
    if not path:
        pytest.skip("GUARDIAN does not name a binary")
    return path


def pytest_configure(config):
    config.addinivalue_line("markers", "deep: needs what a plain checkout does not have; the skip says what")
