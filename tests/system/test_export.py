"""A snapshot as one file: out of a store, through a pipe, into another store, and open without Guardian."""
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from harness.lack import lack

KEY = "00112233445566778899aabbccddeeff" * 2


@pytest.fixture
def call(guardian, server, shop, tmp_path):
    def run(*words, status=0, env=None, **more):
        ran = subprocess.run([guardian, *map(str, words)], env={**server.env(shop), **(env or {})}, cwd=tmp_path,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, **more)
        assert ran.returncode == status, f"{words}: {ran.returncode}\n{ran.stdout[-500:]}\n{ran.stderr.decode()}"
        return ran
    return run


def take(call, store, **env):
    return json.loads(call("snapshot", "--json", "--store", store, env=env).stdout)["snapshot"]


@pytest.fixture
def store(tmp_path):
    return f"file://{tmp_path}/store"


@pytest.fixture
def other(tmp_path):
    return f"file://{tmp_path}/other"


def objects_of(url):
    """Every object of a snapshot in a store: key -> bytes."""
    root = Path(url.removeprefix("file://"))
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*")
            if path.is_file() and "/snapshots/" in str(path)}


def test_out_of_one_store_and_into_another(call, store, other, tmp_path):
    snapshot = take(call, store)
    answer = json.loads(call("export", snapshot, "--store", store, "--to", "a.tar", "--json").stdout)
    tar = tmp_path / "a.tar"
    assert answer["snapshot"] == snapshot and answer["sha256"] == hashlib.sha256(tar.read_bytes()).hexdigest()
    assert tar.stat().st_mode & 0o777 == 0o600
    with tarfile.open(tar) as archive:
        names = archive.getnames()
        assert names[0] == f"{snapshot}/manifest.json" and len(names) == answer["objects"]
    imported = json.loads(call("import", "a.tar", "--store", other, "--json").stdout)
    assert imported["snapshot"] == snapshot and imported["objects"] == answer["objects"]
    assert objects_of(store) == objects_of(other)
    call("verify", snapshot, "--store", other)


def test_an_archive_is_the_same_each_time_and_goes_through_a_pipe(call, store, other, tmp_path):
    snapshot = take(call, store)
    first = call("export", "latest", "--store", store, "--to", "-")
    assert call("export", snapshot[:-1], "--store", store, "--to", "-").stdout == first.stdout
    assert b"exported" in first.stderr
    assert call("export", snapshot, "--store", store, "--to", "-", "--quiet").stdout == first.stdout
    assert b"imported" in call("import", "-", "--store", other, input=first.stdout).stdout
    assert objects_of(store) == objects_of(other)


def test_the_tar_program_unpacks_and_packs_it(call, store, other, tmp_path):
    snapshot = take(call, store)
    call("export", snapshot, "--store", store, "--to", "a.tar")
    subprocess.run(["tar", "-xf", "a.tar"], cwd=tmp_path, check=True)
    subprocess.run(f"tar -cf again.tar {snapshot}/manifest.json {snapshot}/*.dump {snapshot}/data", shell=True,
                   cwd=tmp_path, check=True)
    call("import", "again.tar", "--store", other)
    assert objects_of(store) == objects_of(other)
    subprocess.run(["tar", "-cf", "sorted.tar", f"{snapshot}/schema.dump", f"{snapshot}/manifest.json"], cwd=tmp_path,
                   check=True)
    refused = call("import", "sorted.tar", "--store", other, status=8)
    assert b"does not begin with the manifest" in refused.stderr and b"hint: " in refused.stderr


def test_an_encrypted_snapshot_travels_without_the_key_and_opens_without_guardian(call, store, other, server, shop,
                                                                                 tmp_path):
    snapshot = take(call, store, GUARDIAN_KEY=KEY)
    tar = call("export", snapshot, "--store", store, "--to", "-").stdout
    call("import", "-", "--store", other, input=tar)
    call("verify", snapshot, "--store", other, env={"GUARDIAN_KEY": KEY})

    page = (Path(os.environ["GD_SOURCE"]) / "docs/formats/encryption.md").read_text()
    (tmp_path / "open.py").write_text(re.search(r"```python\n(.*?)```", page, re.S).group(1))
    (tmp_path / "key").write_text(KEY)
    subprocess.run(["tar", "-xf", "-"], cwd=tmp_path, input=tar, check=True)
    manifest = json.loads((tmp_path / snapshot / "manifest.json").read_text())
    seen = 0
    for table in manifest["tables"]:
        rows = 0
        for part in table["parts"]:
            name = f"{snapshot}/{part['object']}"
            sealed = (tmp_path / name).read_bytes()
            plain = subprocess.run([sys.executable, "open.py", "key", name], cwd=tmp_path,
                                   input=sealed, stdout=subprocess.PIPE, check=True).stdout
            text = subprocess.run(["zstd", "-dc"], input=plain, stdout=subprocess.PIPE, check=True).stdout
            rows += text.count(b"\n")
            seen += 1
        if table["parts"] and not table.get("condition"):
            assert rows == server.value(f'SELECT count(*) FROM ONLY "{table["schema"]}"."{table["name"]}"', shop)
    assert seen > 3


def test_nothing_is_overwritten(call, store, other, tmp_path):
    snapshot = take(call, store)
    (tmp_path / "a.tar").write_text("mine")
    refused = call("export", snapshot, "--store", store, "--to", "a.tar", status=2)
    assert b"is there already" in refused.stderr and (tmp_path / "a.tar").read_text() == "mine"
    call("export", snapshot, "--store", store, "--to", "b.tar")
    call("import", "b.tar", "--store", other)
    before = objects_of(other)
    assert b"is in the store already" in call("import", "b.tar", "--store", other, status=2).stderr
    assert objects_of(other) == before


@pytest.mark.parametrize("words, text", [
    (["export"], "export takes one snapshot"),
    (["export", "ID"], "not said where to export it to"),
    (["export", "20200101T000000Z-0000000000", "--to", "a.tar"], "no snapshot"),
    (["export", "ID", "--to", "-", "--json"], "would share standard output"),
    (["import"], "import takes one file"),
    (["import", "none.tar"], '"none.tar" is not there'),
])
def test_a_wrong_request_says_what_is_wrong(call, store, tmp_path, words, text):
    (tmp_path / "store").mkdir()
    refused = call(*words, "--store", store, status=2)
    assert text in refused.stderr.decode() and not (tmp_path / "a.tar").exists()


def test_a_damaged_object_is_not_exported(call, store, tmp_path):
    snapshot = take(call, store)
    victim = max((tmp_path / "store").rglob("*.copy.zst"), key=lambda path: path.stat().st_size)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    failed = call("export", snapshot, "--store", store, "--to", "a.tar", status=8)
    assert victim.name in failed.stderr.decode()
    assert [path.name for path in tmp_path.iterdir() if "tar" in path.name or path.name.startswith(".")] == []


def test_a_failed_import_says_what_it_leaves(call, store, other, tmp_path):
    snapshot = take(call, store)
    tar = call("export", snapshot, "--store", store, "--to", "-").stdout
    ends_early = call("import", "-", "--store", other, input=tar[:len(tar) - 4096], status=8).stderr.decode()
    assert ends_early.splitlines()[-1].startswith("The store has no new snapshot. What was written already") and objects_of(other)
    call("import", "-", "--store", other, input=tar)
    nothing = call("import", "-", "--store", f"{other}2", input=b"x" * 2000, status=8).stderr.decode()
    assert nothing.splitlines()[-1] == "Nothing was changed." and not (tmp_path / "other2").exists()


def test_a_crash_leaves_no_archive(call, store, tmp_path):
    snapshot = take(call, store)
    counted = call("export", snapshot, "--store", store, "--to", "whole.tar", env={"GUARDIAN_FAULT": "count"})
    found = re.search(rb"fault points reached: (\d+)", counted.stderr)
    if found is None:
        lack("the binary under test has no fault points")
    points = int(found.group(1))
    for nth in range(1, points + 1, max(1, points // 12)):
        ran = call("export", snapshot, "--store", store, "--to", f"{nth}.tar", status=99,
                   env={"GUARDIAN_FAULT": f"{nth}:exit"})
        made = tmp_path / f"{nth}.tar"
        assert not made.exists() or made.read_bytes() == (tmp_path / "whole.tar").read_bytes(), ran.stderr


def test_being_asked_to_stop_leaves_no_snapshot(guardian, server, shop, call, store, other, tmp_path):
    snapshot = take(call, store)
    tar = call("export", snapshot, "--store", store, "--to", "-").stdout
    running = subprocess.Popen([guardian, "import", "-", "--store", other], env=server.env(shop),
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    running.stdin.write(tar[:-600])
    running.stdin.flush()
    time.sleep(0.3)
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=20) == 10
    assert b"stopped by SIGTERM" in running.stderr.read()
    running.stdin.close()
    assert not any(key.endswith("manifest.json") for key in objects_of(other))
    answer = json.loads(call("import", "-", "--store", other, "--json", input=tar).stdout)
    assert answer["already"] > 0 and objects_of(store) == objects_of(other)
