"""The S3 store on real servers: Ceph's radosgw, and OpenStack Swift, which is stricter and can less.

What Guardian stores is looked at with s3cmd and with a small client of the tests' own, and the other way round.
"""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time
import xml.etree.ElementTree

import pytest

from harness import s3servers

BUILD = pathlib.Path(os.environ.get("GD_BUILD", "build"))
DRIVER, CONTRACT = BUILD / "system" / "drive_store", BUILD / "contract" / "contract"
PART = 5 << 20
BIG = 2 * PART + 100000
DEEP = pytest.mark.skipif(not os.environ.get("GUARDIAN_TEST_DEEP"), reason="set GUARDIAN_TEST_DEEP=1")


def sha(body):
    return hashlib.sha256(body).hexdigest()


def drive(server, *steps, settings=(), bucket=None, limit=60, **variables):
    ran = subprocess.run([str(DRIVER), f"s3://{bucket or server.bucket}/own", "--part-bytes", str(PART), *settings, *steps],
                         capture_output=True, text=True, timeout=limit, env=server.env(HOME="/nonexistent", **variables))
    assert ran.returncode == 0, ran.stderr
    for secret in (server.variables["AWS_SECRET_ACCESS_KEY"], server.variables["GD_OTHER_SECRET_ACCESS_KEY"], "Signature="):
        assert secret not in ran.stdout + ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def one(server, *steps, **more):
    return drive(server, *steps, **more)[-1]


def codes(answers):
    return [answer["code"] for answer in answers]


# -- the contract, which takes long enough to let it run beside the rest

class Run:
    def __init__(self, server, skip=""):
        self.server, self.output = server, tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([str(CONTRACT), f"s3://{server.bucket}/contract"], stdout=self.output, stderr=subprocess.STDOUT,
                                        env=server.env(HOME="/nonexistent", **({"GD_CONTRACT_SKIP": skip} if skip else {})))

    def check(self):
        status = self.process.wait(timeout=400)
        self.output.seek(0)
        text = self.output.read()
        assert status == 0 and "[  FAILED  ]" not in text, text[-4000:]
        assert text.count("[       OK ]") >= 20
        client = self.server.client()
        assert client.list(self.server.bucket, "contract/") == []
        assert [key for key, _ in client.uploads(self.server.bucket) if key.startswith("contract/")] == []

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.output.close()


@pytest.fixture(scope="module", autouse=True)
def contracts(rgw, swift):
    # a thousand objects take Swift a minute
    skip = "" if os.environ.get("GUARDIAN_TEST_DEEP") else "a_list_goes_on_after_a_thousand"
    runs = {"rgw": Run(rgw), "swift": Run(swift, skip)}
    yield runs
    for run in runs.values():
        run.stop()


# -- what is stored, seen by others

@pytest.fixture(scope="module")
def s3cmd(tmp_path_factory, rgw):
    """Runs s3cmd against radosgw; its output."""
    config = tmp_path_factory.mktemp("s3cmd") / "config"
    host = rgw.endpoint.removeprefix("http://")
    config.write_text(f"[default]\naccess_key = {rgw.variables['AWS_ACCESS_KEY_ID']}\nsecret_key = {rgw.variables['AWS_SECRET_ACCESS_KEY']}\n"
                      f"host_base = {host}\nhost_bucket = {host}\nuse_https = False\n")

    def run(*words):
        ran = subprocess.run(["s3cmd", "-c", str(config), *words], capture_output=True, timeout=60)
        assert ran.returncode == 0, ran.stderr.decode()
        return ran.stdout
    return run


@pytest.mark.parametrize("size", [0, 1, 100000, PART, PART + 1, BIG])
def test_another_client_reads_what_was_stored(rgw, s3cmd, tmp_path, size):
    key = f"read/{size}"
    put = one(rgw, "put", key, str(size), "1")
    s3cmd("get", "--force", f"s3://{rgw.bucket}/own/{key}", str(tmp_path / "got"))
    body = (tmp_path / "got").read_bytes()
    assert put["code"] == "OK" and len(body) == size and sha(body) == put["sha256"]
    parts = [body[at:at + PART] for at in range(0, size, PART)] or [b""]
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    etag = hashlib.md5(body).hexdigest() if size <= PART else f"{hashlib.md5(digests).hexdigest()}-{len(parts)}"
    assert rgw.client().head(rgw.bucket, f"own/{key}").headers["etag"] == f'"{etag}"'


def test_what_another_client_stored_is_read(rgw, s3cmd, tmp_path):
    body = os.urandom(16 << 20)
    (tmp_path / "given").write_bytes(body)
    s3cmd("put", "--multipart-chunk-size-mb=5", str(tmp_path / "given"), f"s3://{rgw.bucket}/own/foreign/a b+c")
    s3cmd("put", str(tmp_path / "given"), "--disable-multipart", f"s3://{rgw.bucket}/own/foreign/whole")
    keys, whole, part, head, again = drive(rgw, "list", "foreign/w", "get", "foreign/whole", "range", "foreign/whole", "5000000", "1000000",
                                           "head", "foreign/whole", "text", "foreign/whole", "mine")
    assert keys["keys"] == ["foreign/whole"] and whole["sha256"] == sha(body) and part["sha256"] == sha(body[5000000:6000000])
    assert head["there"] and head["bytes"] == len(body) and again["code"] == "REFUSED"
    listed = s3cmd("ls", "--recursive", f"s3://{rgw.bucket}/own/foreign/").decode().split("\n")
    assert len([line for line in listed if line]) == 2


def test_objects_carry_tags_class_and_the_attempt(rgw):
    answer = one(rgw, "text", "tagged", "x", settings=["--tags", "team=data%20base&env=test", "--storage-class", "STANDARD"])
    assert answer["code"] == "OK", answer
    big = one(rgw, "put", "tagged-big", str(BIG), "3", settings=["--tags", "team=data%20base&env=test"])
    assert big["code"] == "OK", big
    client = rgw.client()
    for key in ("own/tagged", "own/tagged-big"):
        tags = client.request("GET", f"/{rgw.bucket}/{key}", [("tagging", "")]).expect()
        assert dict(zip(tags.texts("Key"), tags.texts("Value"))) == {"team": "data base", "env": "test"}
        assert client.head(rgw.bucket, key).headers["x-amz-meta-guardian-put"]


def test_the_bucket_may_be_part_of_the_host_name(rgw):
    endpoint = rgw.endpoint.replace("127.0.0.1", "localhost")
    answers = drive(rgw, "text", "virtual/a", "x", "get", "virtual/a", "list", "virtual/",
                    settings=["--endpoint", endpoint, "--addressing", "virtual"])
    assert codes(answers) == ["OK"] * 3 and answers[2]["keys"] == ["virtual/a"], answers
    assert rgw.client().get(rgw.bucket, "own/virtual/a") == b"x"


# -- TLS and keys of the customer

def tls(server, *more):
    return ["--endpoint", server.tls_endpoint, "--ca-file", server.ca_file, *more]


def test_tls_with_the_right_authority(rgw):
    answers = drive(rgw, "put", "tls", str(BIG), "4", "get", "tls", settings=tls(rgw))
    assert codes(answers) == ["OK", "OK"] and answers[0]["sha256"] == answers[1]["sha256"]
    assert one(rgw, "get", "tls", settings=["--endpoint", rgw.tls_endpoint], AWS_CA_BUNDLE=rgw.ca_file)["code"] == "OK"


def test_tls_is_verified(rgw, tmp_path):
    begin = time.monotonic()
    answer = one(rgw, "text", "untrusted", "x", settings=["--endpoint", rgw.tls_endpoint])
    assert answer["code"] == "SYSTEM" and "certificate" in answer["text"].lower(), answer
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-keyout", str(tmp_path / "key"),
                    "-out", str(tmp_path / "other.pem")], check=True, capture_output=True)
    answer = one(rgw, "text", "untrusted", "x", settings=["--endpoint", rgw.tls_endpoint, "--ca-file", str(tmp_path / "other.pem")])
    assert answer["code"] == "SYSTEM" and "certificate" in answer["text"].lower(), answer
    assert time.monotonic() - begin < 10  # another try does not help
    assert rgw.client().head(rgw.bucket, "own/untrusted").status == 404


def test_objects_under_a_key_of_the_customer(rgw):
    key = os.urandom(32)
    text = base64.b64encode(key).decode()
    own = tls(rgw, "--encryption", "customer", "--customer-key", text)
    answers = drive(rgw, "put", "sealed", "100000", "5", "put", "sealed-big", str(BIG), "6", "get", "sealed", "get", "sealed-big",
                    "head", "sealed", "text", "sealed", "again", settings=own)
    assert codes(answers) == ["OK"] * 5 + ["REFUSED"], answers
    assert [answers[0]["sha256"], answers[1]["sha256"]] == [answers[2]["sha256"], answers[3]["sha256"]]
    client = rgw.tls_client()
    headers = {"x-amz-server-side-encryption-customer-algorithm": "AES256", "x-amz-server-side-encryption-customer-key": text,
               "x-amz-server-side-encryption-customer-key-md5": base64.b64encode(hashlib.md5(key).digest()).decode()}
    for name, answer in (("sealed", answers[0]), ("sealed-big", answers[1])):
        assert client.request("GET", f"/{rgw.bucket}/own/{name}").status == 400
        assert sha(client.get(rgw.bucket, f"own/{name}", headers)) == answer["sha256"]
    answer = one(rgw, "get", "sealed", settings=tls(rgw))
    assert answer["code"] == "SYSTEM", answer  # it is there, and cannot be read
    other = base64.b64encode(os.urandom(32)).decode()
    answer = one(rgw, "get", "sealed", settings=tls(rgw, "--encryption", "customer", "--customer-key", other))
    assert answer["code"] == "SYSTEM" and other not in json.dumps(answer), answer


# -- versions and locks

def test_versions_are_seen_and_kept(rgw):
    client = rgw.client()
    client.make_bucket("versioned")
    client.request("PUT", "/versioned", [("versioning", "")],
                   body=b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>").expect()
    answers = drive(rgw, "probe", "x/", "text", "k", "one", "text", "k", "two", "get", "k", "remove", "k", "head", "k", "list", "",
                    bucket="versioned")
    assert codes(answers) == ["OK", "OK", "REFUSED", "OK", "OK", "OK", "OK"], answers
    assert answers[0]["versioning"] and not answers[0]["object_lock"]  # radosgw 16 overlooks the condition in such buckets
    assert not answers[5]["there"] and answers[6]["keys"] == []
    versions = client.request("GET", "/versioned", [("versions", ""), ("prefix", "own/k")]).expect()
    assert set(versions.texts("Key")) == {"own/k"} and client.get("versioned", "own/k", query=[
        ("versionId", versions.texts("VersionId")[-1])]) == b"one"


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_locked_objects_cannot_be_lost(rgw, mode):
    client, bucket = rgw.client(), f"locked-{mode.lower()}"
    client.make_bucket(bucket, lock=True)
    answers = drive(rgw, "probe", "x/", "text", "k", "one", "put", "big", str(BIG), "7", "remove", "k", bucket=bucket,
                    settings=["--lock-mode", mode, "--lock-days", "3"])
    assert codes(answers) == ["OK"] * 4 and answers[0]["object_lock"] and answers[0]["versioning"], answers
    versions = client.request("GET", f"/{bucket}", [("versions", ""), ("prefix", "own/")]).expect()
    root = xml.etree.ElementTree.fromstring(versions.body)
    found = {}
    for version in root.iter():
        if version.tag.rsplit("}", 1)[-1] == "Version":
            texts = {one.tag.rsplit("}", 1)[-1]: one.text for one in version}
            found[texts["Key"]] = texts["VersionId"]
    assert {"own/k", "own/big"} <= set(found)
    for key in ("own/k", "own/big"):
        kept = client.request("GET", f"/{bucket}/{key}", [("retention", ""), ("versionId", found[key])]).expect()
        assert kept.texts("Mode") == [mode]
        until = time.mktime(time.strptime(kept.texts("RetainUntilDate")[0][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
        assert 2.9 < (until - time.time()) / 86400 < 3.1
        assert client.request("DELETE", f"/{bucket}/{key}", [("versionId", found[key])]).status == 403
    assert client.get(bucket, "own/k", query=[("versionId", found["own/k"])]) == b"one"


def test_a_lock_without_a_lockable_bucket_is_an_error(rgw):
    answer = one(rgw, "text", "unlockable", "x", settings=["--lock-mode", "GOVERNANCE", "--lock-days", "1"])
    assert answer["code"] not in ("OK",) and answer["text"], answer
    assert rgw.client().head(rgw.bucket, "own/unlockable").status == 404


# -- who may

def test_a_stranger_is_told_that_he_may_not(rgw):
    drive(rgw, "text", "private", "x")
    stranger = {"AWS_ACCESS_KEY_ID": rgw.variables["GD_OTHER_ACCESS_KEY_ID"],
                "AWS_SECRET_ACCESS_KEY": rgw.variables["GD_OTHER_SECRET_ACCESS_KEY"]}
    answers = drive(rgw, "text", "strange", "x", "get", "private", "get", "absent", "head", "absent", "list", "", "remove", "private",
                    "put", "strange-big", str(BIG), "8", **stranger)
    assert codes(answers) == ["SYSTEM"] * 7, answers
    assert all("AccessDenied" in answer["text"] for answer in answers) and "there" not in answers[3]
    assert rgw.client().get(rgw.bucket, "own/private") == b"x"


@pytest.mark.parametrize("wrong, said", [({"AWS_SECRET_ACCESS_KEY": "wrong"}, "SignatureDoesNotMatch"),
                                         ({"AWS_ACCESS_KEY_ID": "nobody"}, "InvalidAccessKeyId")])
def test_wrong_keys_are_named_at_once(rgw, swift, wrong, said):
    begin = time.monotonic()
    answer = one(rgw, "text", "k", "x", **wrong)  # which says less, with session tokens allowed
    assert answer["code"] in ("SYSTEM", "USAGE") and (said in answer["text"] or "AccessDenied" in answer["text"]), answer
    answer = one(swift, "text", "k", "x", **wrong)
    assert answer["code"] in ("SYSTEM", "USAGE") and "403" in answer["text"], answer
    assert time.monotonic() - begin < 10


def test_a_bucket_that_is_not_there(rgw, swift):
    for server in (rgw, swift):
        answers = drive(server, "text", "k", "x", "get", "k", "head", "k", "list", "", bucket="nowhere")
        assert all(code not in ("OK", "CORRUPT") for code in codes(answers)), answers
        assert all("NoSuchBucket" in answer["text"] or "bucket" in answer["text"] for answer in answers), answers


def test_session_tokens(rgw):
    session = rgw.session()
    variables = {name: session[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
    answers = drive(rgw, "put", "session", str(BIG), "9", "get", "session", "list", "session", **variables)
    assert codes(answers) == ["OK"] * 3 and answers[2]["keys"] == ["session"], answers
    token = session["AWS_SESSION_TOKEN"]
    for broken in (token[:40] + ("A" if token[40] != "A" else "B") + token[41:], ""):
        answer = one(rgw, "get", "session", **{**variables, "AWS_SESSION_TOKEN": broken})
        assert answer["code"] in ("SYSTEM", "USAGE") and (not broken or broken not in json.dumps(answer)), answer


def test_uploads_of_others_are_left_alone(rgw):
    client = rgw.client()
    for key in ("own/old", "elsewhere/old"):
        client.request("POST", f"/{rgw.bucket}/{key}", [("uploads", "")]).expect()
    assert one(rgw, "sweep", "", "3600")["count"] == 0
    time.sleep(1.1)  # the server's clock is known to the second
    assert one(rgw, "stale", "", "0")["count"] == 1  # looks, and leaves it
    assert one(rgw, "sweep", "", "0")["count"] == 1
    assert one(rgw, "stale", "", "0")["count"] == 0
    left = client.uploads(rgw.bucket)
    assert "own/old" not in dict(left) and "elsewhere/old" in dict(left)
    client.request("DELETE", f"/{rgw.bucket}/elsewhere/old", [("uploadId", dict(left)["elsewhere/old"])]).expect()


# -- Swift: stricter, and poorer

def test_swift_lacks_conditions_and_is_looked_at_first(swift):
    answers = drive(swift, "probe", "x/", "text", "k", "one", "text", "k", "two", "put", "k", str(BIG), "1", "get", "k")
    assert codes(answers) == ["OK", "OK", "REFUSED", "REFUSED", "OK"] and answers[0]["conditional"] is False, answers
    assert swift.client().get(swift.bucket, "own/k") == b"one"


def test_swift_stores_parts(swift):
    put, get, part = drive(swift, "put", "big", str(BIG), "2", "get", "big", "range", "big", str(PART - 10), "20")
    body = swift.client().get(swift.bucket, "own/big")
    assert put["code"] == "OK" and put["sha256"] == get["sha256"] == sha(body) and part["sha256"] == sha(body[PART - 10:PART + 10])
    assert swift.client().uploads(swift.bucket) == [] or all(not key.startswith("own/") for key, _ in swift.client().uploads(swift.bucket))


def test_swift_names_its_region(swift):
    answers = drive(swift, "text", "region", "x", "get", "region", settings=["--region", "eu-west-7"])
    assert codes(answers) == ["OK", "OK"], answers


@pytest.mark.parametrize("settings", [["--tags", "a=b"], ["--lock-mode", "GOVERNANCE", "--lock-days", "1"]])
def test_what_swift_cannot_is_not_passed_over(swift, settings):
    """Either the object carries what was asked for, or it is refused: never stored without a word."""
    answer = one(swift, "text", "asked" + settings[0], "x", settings=settings)
    if answer["code"] == "OK":
        query = "tagging" if "--tags" in settings else "retention"
        assert swift.client().request("GET", f"/{swift.bucket}/own/asked{settings[0]}", [(query, "")]).status == 200, answer
    else:
        assert answer["text"], answer


# -- the server goes away

def interrupted_upload(server, size):
    """The S3 daemon is killed while parts are on their way, and comes back after a second."""
    ran = subprocess.Popen([str(DRIVER), server.url("own"), "--part-bytes", str(PART), "put", "k", str(size), "1", "get", "k"],
                           stdout=subprocess.PIPE, text=True, env=server.env(HOME="/nonexistent"))
    end = time.monotonic() + 30
    while not server.client().uploads(server.bucket):
        assert time.monotonic() < end and ran.poll() is None
    server.do("crash")
    time.sleep(1)
    again = threading.Thread(target=server.do, args=("again",))
    again.start()
    put, get = [json.loads(line) for line in ran.communicate(timeout=120)[0].splitlines()]
    again.join()
    assert (put["code"], get["code"], get["bytes"]) == ("OK", "OK", size) and put["sha256"] == get["sha256"]
    assert server.client().uploads(server.bucket) == [] and server.client().list(server.bucket) == ["own/k"]


def test_a_server_that_restarts_in_the_middle_of_an_upload():
    with s3servers.Rgw() as server:
        interrupted_upload(server, 10 * PART)


@DEEP
def test_bluestore_and_a_restart_in_the_middle_of_a_large_upload():
    with s3servers.Rgw("--bluestore", "--tls") as server:
        interrupted_upload(server, 100 * PART)
        run = Run(server)
        try:
            run.check()
        finally:
            run.stop()


# -- at the end, when there was nothing else to do

def test_radosgw_keeps_the_contract(contracts):
    contracts["rgw"].check()


def test_swift_keeps_the_contract(contracts):
    contracts["swift"].check()
