"""What the documents show is what a user gets: their sessions are run, and compared.

A session in a Markdown file is a comment `<!-- session: COMMAND -->` and the block below it. It runs in docs/quickstart on a
server that holds docs/quickstart/shop.sql, in 100 columns without colour. GD_UPDATE=1 writes the blocks anew.
"""

import os
import pathlib
import re
import shlex
import subprocess

import pytest

from harness import pitr, server as servers

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "docs" / "quickstart"
SESSION = re.compile(r"<!-- session: (.*?) -->\n```text\n(.*?)```\n", re.S)
# The server's version, sizes of its files; of a snapshot its id, its place, when it was taken and how long that took.
VARIES = re.compile(r"PostgreSQL \d+(\.\d+)?|\b\d+(\.\d+)? [kM]B\b(/s)?|\d{8}T\d{6}Z-[0-9a-f]{10}|file://\S+|\b\d+(\.\d+)? s\b|"
                    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\dZ)?|by \S+ on [^\s,]+|on \"/[^\"]*\" port \d+ as user \"\w+\"|\"/\S+/bin\"|moments old|\d+ minutes? old")
POINT = re.compile(r"<!-- point: (.*?) -->\n```text\n(.*?)```\n", re.S)  # as a session, on a server whose WAL is streamed
LSNS = re.compile(r"~:\d\d(\.\d+)?(\+00)?|-(before|after)-[0-9a-f]{10}|\b[0-9A-F]{1,8}/[0-9A-F]{1,8}\b|\b\d{18,20}\b|\d+ segments? of WAL, .*? read back now(, the others before)?|just now|"
                  r"(\d+ (hours?|minutes?|seconds?)|less than a second|no time)( and \d+ \w+)?( ago)?|\d\d:\d\d:\d\d(\.\d+)?Z?(\+00)?|\b\d+(\.\d+)? [kMG]?B\b")
SHELL = re.compile(r"```sh\n(.*?)```", re.S)


@pytest.fixture(scope="module")
def shop(work_tree):
    with servers.Server() as server:
        server.create("shop")
        server.psql("shop", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(FOLDER / "shop.sql"))
        yield server.uri("shop")


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory):
    """Snapshots of these tests go here."""
    global STORE
    STORE = f"file://{tmp_path_factory.mktemp('store')}"


STORE = None

# Who brought which file in: guidance says so, and must say the same on every machine.
COMMITS = (("shop: tables and first data", ("shop.sql", "init.sql")), ("loyalty: customers collect points", ("1-add-loyalty.sql",)),
           ("orders: can be returned", ("2-order-returns.sql",)), ("clean up after the old shop", ("3-clean-up.sql",)),
           ("customers: nobody reads the notes", ("4-drop-notes.sql",)))


@pytest.fixture(scope="module", autouse=True)
def work_tree(tmp_path_factory):
    """The files of the quick start in a repository of their own, which is the working folder."""
    global FOLDER
    source, FOLDER = FOLDER, tmp_path_factory.mktemp("shop")
    who = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
           "GIT_AUTHOR_DATE": "2026-11-02T10:00:00Z", "GIT_COMMITTER_DATE": "2026-11-02T10:00:00Z", "GIT_CONFIG_GLOBAL": "/dev/null"}

    def git(*words):
        subprocess.run(["git", *words], cwd=FOLDER, env={**os.environ, **who}, check=True, capture_output=True)
    git("init", "-q", "-b", "main")
    for subject, names in COMMITS:
        for name in names:
            (FOLDER / name).write_bytes((source / name).read_bytes())
        git("add", ".")
        git("commit", "-q", "-m", subject)
    yield
    FOLDER = source


def run(command, guardian, uri, quiet=True):
    """The output of one command line as the documents write it; of one that ends in 2>&1 both streams."""
    command, both = command.removesuffix(" 2>&1"), command.endswith(" 2>&1")
    words = [word.replace("$DATABASE_URL", uri) for word in shlex.split(command, comments=True)]
    assert words[0] == "guardian", command
    environment = {**os.environ, "COLUMNS": "100", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    for name in [name for name in environment if name.startswith(("GUARDIAN_", "PG", "DATABASE_URL"))]:
        environment.pop(name)
    environment.update(GUARDIAN_STORE=STORE, DATABASE_URL=uri)
    ran = subprocess.run([guardian, *words[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT if both else subprocess.PIPE, text=True, cwd=FOLDER,
                         env=environment, timeout=120)
    assert quiet is False or not ran.stderr, f"{command}: {ran.stderr}"
    return ran


def documents():
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def alike(text):
    """Without what varies, also where its length breaks a line elsewhere."""
    return re.sub(r"\s+", " ", VARIES.sub("~", text))


def check_sessions(pattern, word, output, plain):
    """Each session of the documents against output(command), compared by plain(text); GD_UPDATE=1 writes them anew."""
    found = 0
    for path in documents():
        text = path.read_text()

        def anew(match):
            nonlocal found
            found += 1
            return f"<!-- {word}: {match[1]} -->\n```text\n{output(match[1])}```\n"

        now = pattern.sub(anew, text)
        if os.environ.get("GD_UPDATE"):
            path.write_text(now)
        else:
            assert plain(now) == plain(text), f"{path.name}: a session is not what the program prints; GD_UPDATE=1 writes it anew"
    assert found >= 2


def test_sessions_are_real(guardian, shop):
    check_sessions(SESSION, "session", lambda command: run(command, guardian, shop).stdout.replace(STORE, "file:///mnt/backups"), alike)


@pytest.fixture(scope="module")
def points(guardian, work_tree):
    """The shop on a server whose WAL is streamed, with a base backup and a change that went wrong: (uri, its store, that change, a place for folders)."""
    with pitr.Archive(archive=False, settings={"full_page_writes": "on"}) as world:
        world.server.create("shop")
        world.server.psql("shop", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(FOLDER / "shop.sql"))
        (world.place / "4-drop-notes.sql").write_bytes((FOLDER / "4-drop-notes.sql").read_bytes())
        world.guardian("base", "--quiet", as_server=True)
        environment = {**world.server.env("shop"), "GUARDIAN_STORE": world.url, "GUARDIAN_DB": world.server.uri("shop")}
        with open(world.place / "stream.log", "w", encoding="utf-8") as log:
            streamer = subprocess.Popen([guardian, "wal", "stream", "--partial", "100ms"], env=environment, cwd=world.place, stdout=log, stderr=log,
                                        user="postgres" if pitr.AS_SERVER else None)
        yield world
        streamer.terminate()
        streamer.wait(timeout=60)


def run_point(command, world):
    """As the server's user: what it recovers, and the store, are the server's."""
    words = [word.replace("$CHANGE", getattr(world, "change", "")).replace("/srv/", f"{world.server.dir}/") for word in shlex.split(command)]
    assert words[0] == "guardian", command
    ran = world.guardian(*words[1:], as_server=True, status=None,
                         env={"COLUMNS": "100", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "GUARDIAN_DB": world.server.uri("shop")})
    assert ran.returncode == 0 and (not ran.stderr or "--quiet" not in command), f"{command}: {ran.stdout}{ran.stderr}"
    if " apply " in command:
        world.change = re.search(r"\d{8}T\d{6}Z-[0-9a-f]{10}", ran.stdout)[0]
    return ran.stdout.replace(world.url, "s3://backups/prod").replace(f"{world.server.dir}/", "/srv/")


def test_points_are_real(points):
    check_sessions(POINT, "point", lambda command: run_point(command, points), lambda text: LSNS.sub("~", alike(text)))


def commands_of(path):
    for block in SHELL.findall(path.read_text()):
        for line in block.splitlines():
            line = line.strip()
            if line.startswith("guardian "):
                yield line


def test_commands_of_the_readme_work(guardian, shop, tmp_path):
    """Each `guardian …` line of the README's shell blocks, with its example names pointed at the quick start's files."""
    lines = list(commands_of(ROOT / "README.md"))
    assert len(lines) >= 6
    for line in lines:
        real = line.replace("migrations/", "./").replace(" m.sql", " 1-add-loyalty.sql" if " apply " in line else " 3-clean-up.sql")
        real = real.replace("npx prisma db push", "psql -X -c 'SELECT count(*) FROM customers'").replace("alembic upgrade head --sql", "cat 3-clean-up.sql")
        if line.startswith(("guardian proxy", "guardian wal stream")):  # they serve until they are stopped: test_proxy.py, test_wal_stream.py
            continue
        ran = run(real, guardian, shop, quiet=not re.match("guardian (snapshot|base|verify|restore|apply|rollback|.*--rehearse)", line))
        assert ran.returncode == (3 if "--fail-on" in line or "strict" in line else 0), f"{line}: {ran.returncode}"
        assert ran.stdout.strip(), line
