"""guardian verify: the table of damages. Whatever is done to a stored snapshot is found, and the object is named."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from harness.lack import lack

KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
OTHER_KEY = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
ROWS = """
CREATE TABLE big (id int PRIMARY KEY, name text, note text);
INSERT INTO big SELECT i, 'name ' || i, md5(i::text) || E'\\t\\\\ \\u65e5' FROM generate_series(1, 12000) AS i;
CREATE TABLE small (a int, b text);
INSERT INTO small VALUES (1, 'one'), (2, NULL), (3, E'line\\nfeed');
CREATE TABLE empty (a int);
SELECT lo_from_bytea(0, decode(repeat('ab', 70000), 'hex')), lo_from_bytea(0, '');
"""


class Shelf:
    """A store in a folder with one snapshot in it."""

    def __init__(self, binary, folder, key=None):
        self.binary, self.folder, self.key = binary, pathlib.Path(folder), key
        manifest = next(self.folder.glob("v1/*/snapshots/*/manifest.json"))
        self.snapshot, self.id = manifest.parent, manifest.parent.name

    def copy(self, to):
        shutil.copytree(self.folder, to)
        return Shelf(self.binary, to, self.key)

    def run(self, *arguments, key="", env=None):
        key = self.key if key == "" else key
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "GUARDIAN_", "DATABASE_URL"))}
        if key:
            kept["GUARDIAN_KEY"] = key
        return subprocess.run([self.binary, *arguments, "--store", f"file://{self.folder}"], capture_output=True,
                              text=True, timeout=120, env={**kept, **(env or {})})

    def verify(self, *arguments, **more):
        """The exit status, the answer for the first snapshot, and all that was said."""
        ran = self.run("verify", "--json", *arguments, **more)
        document = json.loads(ran.stdout) if ran.stdout else {"snapshots": [None], "warnings": []}
        return ran.returncode, document["snapshots"][0], ran.stderr, document["warnings"]

    def manifest(self):
        return json.loads((self.snapshot / "manifest.json").read_text())

    def write_manifest(self, manifest):
        (self.snapshot / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")

    def part(self, table, at=0):
        entry = next(t for t in self.manifest()["tables"] if t["name"] == table)
        return entry["parts"][at]["object"]

    def forget_proofs(self):
        shutil.rmtree(self.snapshot.parent.parent / "proofs", ignore_errors=True)


def take(server, database, binary, folder, key=None):
    os.makedirs(folder)
    env = {**os.environ, **({"GUARDIAN_KEY": key} if key else {})}
    subprocess.run([binary, "snapshot", "--quiet", "--db", server.uri(database), "--part-size", "200kB", "--store",
                    f"file://{folder}"], check=True, capture_output=True, text=True, timeout=120, env=env)
    shelf = Shelf(binary, folder, key)
    shelf.forget_proofs()
    return shelf


@pytest.fixture(scope="module")
def shelves(server, guardian, tmp_path_factory):
    """The same database in three snapshots: plain, encrypted, and once more with another row in it."""
    server.create("verified")
    server.run(ROWS, "verified")
    folder = tmp_path_factory.mktemp("shelves")
    held = {"plain": take(server, "verified", guardian, str(folder / "plain")),
            "sealed": take(server, "verified", guardian, str(folder / "sealed"), KEY)}
    server.run("UPDATE small SET b = 'two' WHERE a = 2", "verified")
    held["later"] = take(server, "verified", guardian, str(folder / "later"))
    yield held
    server.drop("verified")


@pytest.fixture
def plain(shelves, tmp_path):
    return shelves["plain"].copy(tmp_path / "store")


@pytest.fixture(params=["plain", "sealed"])
def either(request, shelves, tmp_path):
    return shelves[request.param].copy(tmp_path / "store")


# --- damages of bytes ---

def flip(place):
    def damage(data):
        at = {"first": 0, "middle": len(data) // 2, "last": len(data) - 1}[place]
        return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1:]
    return damage


DAMAGES = {
    "first bit": flip("first"),
    "bit in the middle": flip("middle"),
    "last bit": flip("last"),
    "a byte short": lambda data: data[:-1],
    "half": lambda data: data[:len(data) // 2],
    "nothing": lambda data: b"",
    "a byte more": lambda data: data + b"\n",
    "an empty frame more": lambda data: data + b"\x50\x2a\x4d\x18\0\0\0\0",
    "twice": lambda data: data + data,
    "zeros": lambda data: bytes(len(data)),
    "missing": None,
}
OBJECTS = {
    "schema": lambda shelf: "schema.dump",
    "large objects": lambda shelf: "blobs.dump",
    "small table": lambda shelf: shelf.part("small"),
    "second part of a table": lambda shelf: shelf.part("big", 1),
}


def expect(answer, *objects):
    """Damaged, and exactly these objects are named, each in a sentence of its own."""
    status, item, said, _ = answer
    assert status == 8, (item, said)
    assert item["outcome"] == "damaged" and item["proof"] == "none" and not item["recorded"]
    assert sorted(damage["object"] for damage in item["damage"]) == sorted(objects), item["damage"]
    for damage in item["damage"]:
        assert damage["object"] in damage["text"]
    assert str(len(objects)) + " object" in said


def test_a_good_snapshot_is_proven_and_the_proof_is_kept(either):
    manifest = either.manifest()
    assert sum(len(table["parts"]) for table in manifest["tables"]) > 3, "big is one part only"
    status, item, said, warnings = either.verify()
    assert status == 0 and item["outcome"] == "proven" and item["proof"] == "digest", said
    assert item["rows"] == 12003 and item["read"] == item["objects"] and item["left_out"] == []
    assert warnings == []
    records = list(either.folder.glob("v1/*/proofs/*/*.json"))
    assert len(records) == 1
    proof = json.loads(records[0].read_text())
    digest = hashlib.sha256((either.snapshot / "manifest.json").read_bytes()).hexdigest()
    assert proof["manifest_sha256"] == digest and len(proof["objects"]) == item["objects"]
    text = either.run("verify", either.id)
    assert text.returncode == 0 and "every byte of" in text.stdout and "12003 rows" in text.stdout


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_of_bytes_is_found_and_named(either, damage):
    names = {what: find(either) for what, find in OBJECTS.items()}
    for what, name in names.items():
        path = either.snapshot / name
        before = path.read_bytes()
        if DAMAGES[damage] is None:
            path.unlink()
        else:
            path.write_bytes(DAMAGES[damage](before))
        expect(either.verify(), name)
        path.write_bytes(before)
    assert either.verify()[0] == 0  # all is well again


def test_all_damages_are_named_not_the_first_only(either):
    names = [find(either) for find in OBJECTS.values()]
    for name in names:
        path = either.snapshot / name
        path.write_bytes(DAMAGES["bit in the middle"](path.read_bytes()))
    expect(either.verify(), *names)
    ran = either.run("verify")
    assert ran.returncode == 8 and all(name in ran.stdout for name in names) and "4 objects" in ran.stderr


@pytest.mark.parametrize("pair", [("small table", "second part of a table"), ("schema", "large objects"),
                                  ("first part", "second part of a table")])
def test_swapped_objects_are_both_named(either, pair):
    find = {**OBJECTS, "first part": lambda shelf: shelf.part("big", 0)}
    one, other = (either.snapshot / find[what](either) for what in pair)
    one_bytes, other_bytes = one.read_bytes(), other.read_bytes()
    one.write_bytes(other_bytes)
    other.write_bytes(one_bytes)
    expect(either.verify(), *(str(path.relative_to(either.snapshot)) for path in (one, other)))


def test_the_part_of_another_snapshot_is_no_part_of_this_one(plain, shelves):
    name = plain.part("small")
    shutil.copy(shelves["later"].snapshot / shelves["later"].part("small"), plain.snapshot / name)
    expect(plain.verify(), name)


# --- keys ---

def test_the_wrong_key_is_told_apart_from_damage(shelves):
    sealed = shelves["sealed"]
    wanted = sealed.manifest()["encryption_key"]
    for key, words in ((OTHER_KEY, "was given"), (None, "no key")):
        ran = sealed.run("verify", key=key)
        assert ran.returncode == 2 and wanted in ran.stderr and words in ran.stderr, ran.stderr
        assert KEY not in ran.stderr and OTHER_KEY not in ran.stderr


def test_a_key_id_that_was_edited_does_not_make_the_key_fit(shelves, tmp_path):
    sealed = shelves["sealed"].copy(tmp_path / "store")
    manifest = sealed.manifest()
    refused = sealed.run("verify", key=OTHER_KEY).stderr
    manifest["encryption_key"] = re.search(r"key ([0-9a-f]{16}) was given", refused.replace("\n", " "))[1]
    sealed.write_manifest(manifest)
    status, item, _, _ = sealed.verify(key=OTHER_KEY)
    assert status == 8 and len(item["damage"]) > 5 and "key" in item["damage"][0]["text"]


# --- an edited manifest ---

def table(manifest, name):
    return next(t for t in manifest["tables"] if t["name"] == name)


def edit_rows(manifest):
    small = table(manifest, "small")
    small["rows"] += 1
    small["parts"][0]["rows"] += 1
    manifest["total"]["rows"] += 1


def edit_digest(manifest):
    small = table(manifest, "small")
    small["digest"] = small["parts"][0]["digest"] = "0" * 31 + "1"


def edit_object(manifest):
    table(manifest, "small")["parts"][0]["object"] = "data/009999.copy.zst"


def edit_columns(manifest):
    table(manifest, "small")["columns"].append("c")


def edit_oid(manifest):
    table(manifest, "small")["oid"] = 7


def edit_name(manifest):
    table(manifest, "small")["name"] = "smaller"


def edit_large_objects(manifest):
    manifest["large_objects"]["digest"] = "0" * 31 + "1"


def edit_sha256(manifest):
    table(manifest, "small")["parts"][0]["sha256"] = "0" * 64


# what was edited -> the object that contradicts it; None: the manifest contradicts itself
EDITS = {edit_rows: "small", edit_digest: "small", edit_object: "data/009999.copy.zst", edit_columns: "small",
         edit_oid: "schema.dump", edit_name: "schema.dump", edit_large_objects: "blobs.dump", edit_sha256: "small"}


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edited_manifest_contradicts_the_objects(either, edit):
    name = either.part("small") if EDITS[edit] == "small" else EDITS[edit]
    manifest = either.manifest()
    edit(manifest)
    either.write_manifest(manifest)
    expect(either.verify(), name)


@pytest.mark.parametrize("change", [
    lambda text: text[:len(text) // 2], lambda text: "", lambda text: text + "{}", lambda text: text.replace("sha256", "md5", 1),
    lambda text: text.replace('"rows": 12000', '"rows": 12001', 1),
    lambda text: text.replace("data/", "../../../", 1),
    lambda text: text.replace(json.loads(text)["id"], "20200101T000000Z-0000000000", 1),
], ids=["cut", "empty", "more", "a key less", "rows that do not add up", "a path out", "another id"])
def test_a_manifest_that_makes_no_sense_is_damage(either, change):
    path = either.snapshot / "manifest.json"
    path.write_text(change(path.read_text()))
    status, item, said, _ = either.verify(either.id)
    assert status == 8, said
    assert "manifest" in item["error"]["text"]


def test_a_newer_format_is_refused_by_name(plain):
    manifest = plain.manifest()
    manifest["format"] = 99
    plain.write_manifest(manifest)
    ran = plain.run("verify", plain.id)
    assert ran.returncode in (2, 8) and "99" in ran.stderr + ran.stdout


def test_a_snapshot_without_its_manifest_is_none(plain):
    (plain.snapshot / "manifest.json").unlink()
    ran = plain.run("verify", plain.id)
    assert ran.returncode == 2 and plain.id in ran.stderr


def forge(plain, shelves):
    """Another row in the part, and every digest of it written anew, as they would be for that row."""
    later = shelves["later"]
    name = plain.part("small")
    shutil.copy(later.snapshot / later.part("small"), plain.snapshot / name)
    manifest, other = plain.manifest(), later.manifest()
    theirs, ours = table(other, "small"), table(manifest, "small")
    part = {**theirs["parts"][0], "object": name}
    for key in ("bytes", "stored_bytes"):
        manifest["total"][key] += part[key] - ours["parts"][0][key]
    ours["parts"], ours["digest"] = [part], theirs["digest"]
    plain.write_manifest(manifest)


def test_a_consistent_forgery_is_found_when_the_snapshot_was_proven_before(plain, shelves):
    assert plain.verify()[0] == 0
    forge(plain, shelves)
    status, item, said, _ = plain.verify()
    assert status == 8 and "manifest.json" in item["error"]["text"] and "proven" in item["error"]["text"], said


def test_a_consistent_forgery_before_the_first_proof_is_not_found(plain, shelves):
    """What digests cannot do: docs/decisions/verify.md says so, and what helps (encryption, versioning, locks)."""
    forge(plain, shelves)
    assert plain.verify()[0] == 0


# --- what lies beside, what is remembered ---

def test_what_nobody_asked_for_is_told_and_does_no_harm(plain):
    (plain.snapshot / "data" / "litter.copy.zst").write_bytes(b"x")
    status, item, _, warnings = plain.verify()
    assert status == 0 and item["outcome"] == "proven"
    assert any("data/litter.copy.zst" in warning["text"] for warning in warnings)


def test_remembered_parts_are_looked_at_only(either):
    name = either.part("big", 1)
    path = either.snapshot / name
    assert either.verify()[1]["read"] > 0
    status, item, _, _ = either.verify("--remember", "1h")
    assert status == 0 and item["read"] == 0 and item["remembered"] == item["objects"]
    before = path.read_bytes()
    path.write_bytes(before[:-1])
    expect(either.verify("--remember", "1h"), name)
    path.unlink()
    expect(either.verify("--remember", "1h"), name)
    path.write_bytes(flip("middle")(before))
    assert either.verify("--remember", "1h")[0] == 0  # as long as it was: that is all that is asked
    expect(either.verify("--remember", "0"), name)
    expect(either.verify(), name)


def test_a_memory_does_not_get_younger(plain):
    assert plain.verify()[0] == 0
    record = next(plain.folder.glob("v1/*/proofs/*/*.json"))
    proof = json.loads(record.read_text())
    for entry in proof["objects"]:
        entry["read"] = entry["read"].replace(entry["read"][:4], str(int(entry["read"][:4]) - 1), 1)
    record.write_text(json.dumps(proof))
    assert plain.verify("--remember", "800d")[1]["read"] == 0
    assert plain.verify("--remember", "100d")[1]["remembered"] == 0


def test_no_record_writes_nothing(plain):
    status, item, _, _ = plain.verify("--no-record")
    assert status == 0 and not item["recorded"]
    assert not list(plain.folder.glob("v1/*/proofs/*/*.json"))


def test_without_pg_restore_the_rest_is_checked_and_that_is_said(plain, tmp_path):
    (tmp_path / "nothing").mkdir()
    status, item, _, _ = plain.verify("--pg-bin", str(tmp_path / "nothing"))
    assert status == 0 and len(item["left_out"]) == 1 and "schema.dump" in item["left_out"][0]
    ran = plain.run("verify", "--pg-bin", str(tmp_path / "nothing"))
    assert "schema.dump were not listed" in " ".join(ran.stdout.split())
    path = plain.snapshot / "schema.dump"
    path.write_bytes(flip("middle")(path.read_bytes()))
    expect(plain.verify("--pg-bin", str(tmp_path / "nothing")), "schema.dump")


def test_all_are_verified_whatever_becomes_of_the_first(plain, shelves):
    later = shelves["later"]
    shutil.copytree(later.snapshot, plain.snapshot.parent / later.id)
    path = plain.snapshot / plain.part("small")
    path.write_bytes(b"")
    ran = plain.run("verify", "--all", "--json")
    items = {item["snapshot"]: item["outcome"] for item in json.loads(ran.stdout)["snapshots"]}
    assert ran.returncode == 8 and items == {plain.id: "damaged", later.id: "proven"}
    assert plain.run("verify", "latest").returncode == 0  # the newest one is fine
    assert plain.run("verify", plain.id).returncode == 8


@pytest.mark.parametrize("how", ["", ":exit"])
def test_no_fault_makes_a_damaged_snapshot_proven(plain, how):
    counted = plain.run("verify", "--no-record", env={"GUARDIAN_FAULT": "count"})
    points = re.search(r"(\d+)[^\d]*$", counted.stderr.strip())
    if points is None:
        lack("the binary under test has no fault points")
    count = int(points[1])
    assert count > 10
    path = plain.snapshot / plain.part("big", 1)
    good = path.read_bytes()
    for nth in sorted({*range(1, 6), *range(6, count, 2), *range(count - 3, count + 6)}):
        path.write_bytes(flip("middle")(good))
        ran = plain.run("verify", env={"GUARDIAN_FAULT": f"{nth}{how}"})
        assert ran.returncode > 0 and not list(plain.folder.glob("v1/*/proofs/*/*.json")), nth
        path.write_bytes(good)
        ran = plain.run("verify", env={"GUARDIAN_FAULT": f"{nth}{how}"})
        assert ran.returncode >= 0, (nth, ran.stderr)
        if ran.returncode == 0:
            assert list(plain.folder.glob("v1/*/proofs/*/*.json")), nth
        plain.forget_proofs()
    assert plain.verify()[0] == 0


def test_requests_that_make_no_sense(plain):
    for arguments in (["a", "b"], ["--all", plain.id], ["20200101T000000Z-0000000000"], ["../.."]):
        assert plain.run("verify", *arguments).returncode == 2, arguments
