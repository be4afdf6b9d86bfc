"""What Guardian seals opens with the program that docs/formats/encryption.md prints, and not when it was damaged."""
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(os.environ["GD_SOURCE"])
DRIVER = Path(os.environ["GD_BUILD"]) / "system" / "drive_crypt"
NAME = "data/000001.copy.zst"


@pytest.fixture(scope="module")
def open_py(tmp_path_factory):
    page = (SOURCE / "docs/formats/encryption.md").read_text()
    script = tmp_path_factory.mktemp("doc") / "open.py"
    script.write_text(re.search(r"```python\n(.*?)```", page, re.S).group(1))
    return script


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "key"
    file.write_text(secrets.token_hex(32) + "\n")
    return file


def seal(key, plain, name=NAME):
    return subprocess.run([DRIVER, "seal", key.read_text(), name], input=plain, stdout=subprocess.PIPE,
                          check=True).stdout


def open_with(script, key, sealed, name=NAME):
    return subprocess.run([sys.executable, script, key, name], input=sealed, capture_output=True)


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 131072, 300001])
def test_what_guardian_seals_opens_elsewhere(open_py, key, size):
    plain = os.urandom(size)
    ending = open_with(open_py, key, seal(key, plain))
    assert ending.returncode == 0, ending.stderr
    assert ending.stdout == plain


def test_the_golden_object_opens_elsewhere(open_py, key):
    key.write_text(bytes(range(32)).hex())
    sealed = (SOURCE / "tests/unit/io/golden/sealed-v1.bin").read_bytes()
    ending = open_with(open_py, key, sealed)
    assert ending.stdout == bytes((i * 7 + i // 256) & 255 for i in range(65536 + 100))


def test_an_older_key_behind_the_new_one_opens(open_py, key):
    sealed = seal(key, b"old")
    key.write_text(secrets.token_hex(32) + "\n" + key.read_text())
    assert open_with(open_py, key, sealed).stdout == b"old"
    driven = subprocess.run([DRIVER, "open", key.read_text(), NAME], input=sealed, capture_output=True)
    assert (driven.returncode, driven.stdout) == (0, b"old")


@pytest.mark.parametrize("damage", [
    lambda sealed: sealed[:-1],
    lambda sealed: sealed[:80 + 65552],
    lambda sealed: sealed + b"x",
    lambda sealed: sealed[:100] + bytes([sealed[100] ^ 1]) + sealed[101:],
    lambda sealed: sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:],
], ids=["cut", "cut at a frame", "longer", "flipped", "flipped in the head"])
def test_both_refuse_what_was_damaged(open_py, key, damage):
    sealed = damage(seal(key, os.urandom(70000)))
    assert open_with(open_py, key, sealed).returncode != 0
    driven = subprocess.run([DRIVER, "open", key.read_text(), NAME], input=sealed, capture_output=True)
    assert driven.returncode == 8


def test_both_refuse_another_name_and_another_key(open_py, key, tmp_path):
    sealed = seal(key, b"bytes", "data/000002.copy.zst")
    assert b"InvalidTag" in open_with(open_py, key, sealed).stderr
    other = tmp_path / "other"
    other.write_text(secrets.token_hex(32))
    assert b"it was sealed with the key" in open_with(open_py, other, sealed).stderr
