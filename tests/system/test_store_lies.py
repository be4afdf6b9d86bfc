"""The S3 store against a server that lies: what comes out, what is left behind, and how long it takes.

Each row is a lie and what must come of it. Whatever happens: an object is whole or absent, nothing is left half uploaded, the end comes
soon, and no secret is told.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from harness import lying_store

DRIVER = pathlib.Path(os.environ.get("GD_BUILD", "build"), "system", "drive_store")
QUICK = ["--retry-ms", "2500", "--stall-ms", "800"]
PART = 5 << 20
BIG = str(PART + 100000)  # two parts
HUGE = str(3 * PART + 100000)
SECRETS = (lying_store.SECRET, "AWS4-HMAC", "Signature=")


def environment(liar, **variables):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, **liar.variables(), "HOME": "/nonexistent", **variables}


def drive(liar, *steps, settings=QUICK, url="s3://guardian/p", limit=30, **variables):
    """The answers of all steps. Ends within `limit` seconds, tells no secret."""
    ran = subprocess.run([str(DRIVER), url, "--part-bytes", str(PART), *settings, *steps], capture_output=True, text=True, timeout=limit,
                         env=environment(liar, **variables))
    assert ran.returncode == 0, ran.stderr
    assert not any(secret in ran.stdout + ran.stderr for secret in SECRETS)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def one(liar, *steps, **more):
    return drive(liar, *steps, **more)[-1]


def stored(liar, key):
    found = liar.objects.get("p/" + key)
    return None if found is None else found.body


def sha(body):
    return hashlib.sha256(body).hexdigest()


def whole(liar, answer, key="k"):
    """It says that it worked, and it did."""
    assert answer["code"] == "OK", answer
    assert sha(stored(liar, key)) == answer["sha256"]
    assert not liar.uploads


def failed(liar, answer, *codes, key="k"):
    """It says that it did not work, and nothing is there."""
    assert answer["code"] in codes, answer
    assert answer["text"] and stored(liar, key) is None and not liar.uploads


def lie(op, do, **more):
    return {"op": op, "do": do, **more}


def each(rows, check):
    """check(liar, row) for every row, several at a time, each with a liar of its own: most of the time is waiting."""
    def run(row):
        try:
            with lying_store.LyingStore() as liar:
                check(liar, row)
            return None
        except Exception as problem:  # noqa: told below, with its row
            return f"{json.dumps(row)}: {type(problem).__name__}: {problem}"
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        problems = [problem for problem in pool.map(run, rows) if problem]
    assert not problems, "\n".join(problems)


# -- honest

def test_an_honest_day(liar):
    answers = drive(liar, "text", "a/1", "hello", "put", "a/2", "100000", "1", "put", "a/big", HUGE, "2", "hinted", "b", HUGE, "3",
                    "get", "a/1", "get", "a/2", "get", "a/big", "range", "a/big", str(PART - 5), "10", "head", "a/2", "head", "a/3",
                    "list", "a/", "folders", "", "remove", "a/1", "remove", "a/1", "list", "", "get", "a/1")
    assert [answer["code"] for answer in answers] == ["OK"] * 15 + ["CORRUPT"]
    assert stored(liar, "a/1") is None and sha(stored(liar, "a/big")) == answers[2]["sha256"] == answers[6]["sha256"]
    assert answers[7]["sha256"] == sha(stored(liar, "a/big")[PART - 5:PART + 5])
    assert answers[8]["there"] and answers[8]["bytes"] == 100000 and not answers[9]["there"]
    assert answers[10]["keys"] == ["a/1", "a/2", "a/big"] and answers[11]["keys"] == ["a/"] and answers[14]["keys"] == ["a/2", "a/big", "b"]
    assert not liar.uploads and not any(ask["expect"] for ask in liar.seen)


def test_a_listing_has_many_pages(liar):
    liar.page = 7
    for number in range(40):
        liar.objects[f"p/d/{number:03}"] = lying_store.Stored(b"x", {})
    liar.objects["p/d10/x"] = liar.objects["q"] = lying_store.Stored(b"x", {})
    assert one(liar, "list", "d/")["keys"] == [f"d/{number:03}" for number in range(40)]
    assert liar.count("list") == 6


# -- lies that are overcome

OVERCOME_SMALL = [
    lie("put", "status"), lie("put", "status", times=2), lie("put", "status", status=500, code="InternalError"),
    lie("put", "status", status=429, code="TooManyRequests"), lie("put", "status", status=504, code="", body=""),
    lie("put", "status", status=400, code="RequestTimeout"), lie("put", "status", early=True), lie("put", "reset"),
    lie("put", "reset", after=50000), lie("put", "lost"), lie("put", "ok_error"), lie("put", "ok_error", done=True),
    lie("put", "status", status=409, code="ConditionalRequestConflict"), lie("put", "hang"), lie("put", "continue"),
    lie("put", "unimplemented", times=-1), lie("put", "status", status=400, code="ExpiredToken"),
    lie("put", "status", status=403, code="RequestTimeTooSkewed"), lie("put", "cut", close=True),
]


def test_a_small_object_gets_there():
    def check(liar, what):
        liar.lie(**what)
        whole(liar, one(liar, "put", "k", "100000", "1"))
        assert liar.count("put") <= 4
    each(OVERCOME_SMALL, check)


OVERCOME_BIG = [
    lie("create", "status"), lie("create", "reset"), lie("create", "lost"), lie("create", "ok_error"),
    lie("part", "status"), lie("part", "status", times=2, status=500, code="InternalError"), lie("part", "reset", after=1000000),
    lie("part", "lost"), lie("part", "hang"), lie("part", "status", early=True), lie("part", "ok_error"), lie("part", "ok_error", done=True),
    lie("complete", "status"), lie("complete", "lost"), lie("complete", "ok_error"), lie("complete", "ok_error", done=True),
    lie("complete", "reset"), lie("complete", "no_etag"), lie("complete", "hang"), lie("complete", "cut", after=100, close=True),
    lie("complete", "status", status=409, code="ConditionalRequestConflict"),
]


def test_an_object_in_parts_gets_there():
    def check(liar, what):
        liar.lie(**what)
        answer = one(liar, "put", "k", BIG, "2")
        if what["op"] == "create" and what["do"] == "lost":  # an upload that nobody knows of: swept later
            liar.uploads = {name: upload for name, upload in liar.uploads.items() if upload.parts}
        whole(liar, answer)
    each(OVERCOME_BIG, check)


OVERCOME_READING = [
    lie("get", "status"), lie("get", "status", status=500, code="InternalError"), lie("get", "reset"), lie("get", "lost"),
    lie("get", "cut", after=0), lie("get", "cut", after=70000), lie("get", "cut", after=70000, close=True), lie("get", "cut", after=70000, times=3),
    lie("get", "hang"), lie("get", "continue"), lie("get", "status", status=400, code="ExpiredToken"),
]


def test_reading_goes_on_where_it_broke():
    body = bytes(range(256)) * 2000

    def check(liar, what):
        liar.objects["p/k"] = lying_store.Stored(body, {})
        liar.lie(**what)
        answer = one(liar, "get", "k")
        assert (answer["code"], answer["bytes"], answer["sha256"]) == ("OK", len(body), sha(body)), answer
        liar.lie(**{**what, "after": 1000} if "after" in what else what)
        answer = one(liar, "range", "k", "100", "200000")
        assert (answer["code"], answer["sha256"]) == ("OK", sha(body[100:200100])), answer
    each(OVERCOME_READING, check)


def test_looking_is_tried_again():
    def check(liar, row):
        step, what = row
        liar.objects["p/k"] = lying_store.Stored(b"12345", {})
        liar.lie(**what)
        answer = one(liar, step, "k")
        assert answer["code"] == "OK", answer
        assert step != "list" or answer["keys"] == ["k"]
        assert step != "head" or (answer["there"] and answer["bytes"] == 5)
        assert step != "remove" or "p/k" not in liar.objects
    each([(step, what) for step in ("list", "head", "remove")
          for what in (lie("*", "status"), lie("*", "reset"), lie("*", "lost"), lie("*", "hang"), lie("*", "status", status=500, body=""))], check)


# -- the world is otherwise than we think

def test_another_clock_is_corrected():
    def check(liar, offset):
        liar.clock_offset_s = offset
        whole(liar, one(liar, "put", "k", BIG, "2"))
        assert 1 <= sum(ask["status"] == 403 for ask in liar.seen) <= 2
    each([-90000, -1000, 1000, 90000], check)


def test_the_bucket_is_in_another_region():
    def check(liar, how):
        liar.region = "eu-west-9"
        liar.lie("*", how, times=-1)
        whole(liar, one(liar, "put", "k", BIG, "2"))
        assert sum(ask["status"] in (301, 400) for ask in liar.seen) <= 2
        answer = one(liar, "get", "k")
        assert answer["code"] == "OK" and answer["sha256"] == sha(stored(liar, "k"))
    each(["permanent", "malformed"], check)


def test_a_signature_goes_to_no_other_host(liar):
    with lying_store.LyingStore() as other:
        liar.lie("*", "elsewhere", url=other.endpoint, times=-1)
        for answer in drive(liar, "put", "k", "1000", "1", "get", "k", "list", "", settings=["--retry-ms", "500"]):
            assert answer["code"] == "SYSTEM", answer
        assert other.seen == []


def test_a_token_that_ended_is_renewed(liar, tmp_path):
    liar.tokens = {"second"}
    program = tmp_path / "helper"
    program.write_text(f"""#!/bin/sh
n=second; [ -e {tmp_path}/asked ] || n=first; touch {tmp_path}/asked
echo '{{"Version":1,"AccessKeyId":"{lying_store.ACCESS}","SecretAccessKey":"{lying_store.SECRET}","SessionToken":"'$n'"}}'
""")
    program.chmod(0o755)
    (tmp_path / "config").write_text(f"[default]\ncredential_process = {program}\n")
    variables = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_CONFIG_FILE": str(tmp_path / "config")}
    whole(liar, one(liar, "put", "k", BIG, "2", **variables))
    assert {ask["token"] for ask in liar.seen} == {"first", "second"}
    liar.tokens = {"third"}
    answer = one(liar, "get", "k", **variables)
    assert answer["code"] == "SYSTEM" and "ExpiredToken" in answer["text"]
    assert len([ask for ask in liar.seen if ask["op"] == "get"]) <= 4


# -- nothing is overwritten

def test_what_is_there_stays(liar):
    answers = drive(liar, "text", "k", "first", "text", "k", "second", "put", "k", BIG, "1", "text", "k", "first")
    assert [answer["code"] for answer in answers[:3]] == ["OK", "REFUSED", "REFUSED"]
    assert stored(liar, "k") == b"first" and not liar.uploads
    assert answers[3]["code"] == "REFUSED"


def test_one_of_many_wins(liar):
    codes = one(liar, "both", "k", "T", "12", limit=60)["codes"]
    assert sorted(codes.values()) == ["OK"] + ["REFUSED"] * 11
    assert codes[stored(liar, "k").decode()] == "OK"


def test_the_other_won_while_our_answer_was_lost(liar):
    """Ours was never stored; what is there is another's, and must not be taken for ours."""
    liar.objects["p/k"] = lying_store.Stored(b"ours", {})
    liar.lie("put", "reset")
    assert one(liar, "text", "k", "ours")["code"] == "REFUSED"


@pytest.mark.parametrize("how", ["unconditional", "unimplemented"])
def test_a_server_without_conditions_is_looked_at_first(liar, how):
    liar.lie("put complete", how, times=-1)
    answers = drive(liar, "text", "k", "first", "text", "k", "second", "put", "k", BIG, "1", "probe", "x/")
    assert [answer["code"] for answer in answers] == ["OK", "REFUSED", "REFUSED", "OK"]
    assert stored(liar, "k") == b"first" and not liar.uploads
    assert answers[3]["conditional"] is False


def test_an_honest_server_is_found_out_to_be_one(liar):
    answer = one(liar, "probe", "x/")
    assert answer["code"] == "OK" and answer["conditional"] and not answer["versioning"] and not answer["object_lock"]
    assert answer["checksums"] and not liar.objects and not liar.uploads


# -- lies that must be found out

def test_tries_come_to_an_end():
    def check(liar, what):
        liar.lie(**what)
        begin = time.monotonic()
        failed(liar, one(liar, "put", "k", "100000", "1"), "SYSTEM")
        assert time.monotonic() - begin < 15
        assert 2 <= len(liar.seen) < 40
    each([lie("put", "status", times=-1), lie("put", "reset", times=-1, after=10), lie("put", "hang", times=-1),
          lie("put", "status", status=500, times=-1, code="InternalError"), lie("put", "ok_error", times=-1), lie("*", "reset", times=-1)], check)


def test_a_refusal_is_believed_at_once():
    def check(liar, what):
        liar.lie(**what)
        answer = one(liar, "put", "k", "100000", "1")
        failed(liar, answer, "SYSTEM", "USAGE", "REFUSED")
        assert what["code"] in answer["text"] + answer["hint"] or answer["hint"], answer
        assert liar.count("put") <= 2
    each([lie("put", "status", status=status, code=code, times=-1)
          for status, code in ((403, "AccessDenied"), (404, "NoSuchBucket"), (400, "InvalidArgument"), (403, "SignatureDoesNotMatch"))], check)


DAMAGES = [lie("part", "status", times=-1, skip=1), lie("part", "reset", times=-1, skip=1), lie("part", "no_etag", times=-1),
           lie("part", "wrong_etag", times=-1), lie("part", "store_flip", times=1, after=77),
           lie("complete", "status", times=-1, status=500, code="InternalError"), lie("complete", "ok_error", times=-1),
           lie("part", "status", times=-1, status=403, code="AccessDenied"), lie("create", "garbage", times=-1),
           lie("complete", "status", times=-1, status=400, code="InvalidPart")]


def test_what_fails_in_parts_leaves_nothing():
    def check(liar, what):
        liar.lie(**what)
        answer = one(liar, "put", "k", BIG, "2")
        if answer["code"] == "OK":  # found out and mended is fine, too
            whole(liar, answer)
            assert what["do"] in ("store_flip", "wrong_etag", "no_etag")
        else:
            if what["op"] == "create":
                liar.uploads.clear()  # nobody was told their ids
            failed(liar, answer, "SYSTEM", "CORRUPT", "UNPROTECTED")
    each(DAMAGES, check)


def test_aborting_is_tried_again(liar):
    liar.lie("part", "status", times=-1)
    liar.lie("abort", "status", times=2, status=500, code="InternalError")
    failed(liar, one(liar, "put", "k", BIG, "2", settings=["--retry-ms", "1000"]), "SYSTEM")


@pytest.mark.parametrize("op, do, size", [("put", "store_short", "100000"), ("complete", "store_short", BIG), ("put", "store_flip", "100000")])
def test_an_object_that_is_not_what_was_sent_is_no_success(liar, op, do, size):
    """The server says that all is well. Short objects are seen by their size, others by their digest when they are read back."""
    liar.lie(op, do, after=40000, times=-1)
    put, get = drive(liar, "put", "k", size, "2", "get", "k")
    assert op == "put" or put["code"] != "OK", put
    assert put["code"] != "OK" or get["code"] != "OK" or get["sha256"] != put["sha256"]


def test_a_range_that_is_shorter_than_it_should_be(liar):
    liar.objects["p/k"] = lying_store.Stored(bytes(500000), {})
    liar.lie("get", "short_body", after=1000, times=-1)
    answer = one(liar, "range", "k", "100", "200000")
    assert answer["code"] in ("CORRUPT", "SYSTEM"), answer
    liar.lies.clear()
    answer = one(liar, "range", "k", "400000", "200000")  # more than there is
    assert answer["code"] == "CORRUPT", answer


def test_another_object_in_the_middle_of_reading(liar):
    """The connection breaks, and what is under the key afterwards is another object: no mixture of both."""
    first, second = b"a" * 300000, b"b" * 300000
    liar.objects["p/k"] = lying_store.Stored(first, {})
    liar.lie("get", "hang", seconds=3, skip=1)
    liar.lie("get", "cut", after=100000, skip=0)
    ran = subprocess.Popen([str(DRIVER), "s3://guardian/p", "--retry-ms", "9000", "--stall-ms", "6000", "get", "k"], stdout=subprocess.PIPE,
                           text=True, env=environment(liar))
    end = time.monotonic() + 10
    while liar.count("get") < 2 and time.monotonic() < end:
        time.sleep(0.01)
    liar.objects["p/k"] = lying_store.Stored(second, {})
    answer = json.loads(ran.communicate(timeout=30)[0])
    assert answer["code"] in ("CORRUPT", "SYSTEM"), answer


def test_absence_is_only_said_when_it_was(liar):
    for what, code in ((lie("*", "status", status=403, code="AccessDenied"), "SYSTEM"), (lie("*", "status", times=-1), "SYSTEM"),
                       (lie("*", "status", status=404, code="NoSuchBucket", times=-1), "SYSTEM")):
        liar.reset()
        liar.lie(**what)
        answer = one(liar, "get", "k")
        assert answer["code"] not in ("OK", "CORRUPT"), answer
    liar.reset()
    assert one(liar, "get", "k")["code"] == "CORRUPT"
    liar.lie("head get", "status", status=403, code="AccessDenied", times=-1)
    answer = one(liar, "head", "k")
    assert answer["code"] != "OK" and "there" not in answer


def test_a_listing_that_makes_no_sense():
    def check(liar, do):
        liar.page = 3
        for number in range(7):
            liar.objects[f"p/{number}"] = lying_store.Stored(b"x", {})
        liar.lie("list", do, times=-1, after=50)
        answer = one(liar, "list", "", limit=20)
        assert answer["code"] in ("CORRUPT", "SYSTEM"), answer
        assert liar.count("list") < 40
    each(["garbage", "endless", "ok_error", "cut"], check)


def test_a_key_that_is_listed_twice_is_told_once(liar):
    liar.page = 3
    for number in range(7):
        liar.objects[f"p/{number}"] = lying_store.Stored(b"x", {})
    liar.lie("list", "repeat", times=-1)
    assert one(liar, "list", "")["keys"] == [str(number) for number in range(7)]


def test_nobody_is_there(liar):
    begin = time.monotonic()
    answer = one(liar, "get", "k", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert answer["code"] == "SYSTEM" and time.monotonic() - begin < 10
    assert "127.0.0.1:1" in answer["text"]


# -- the end comes from outside

def start_big(liar, size=HUGE):
    ran = subprocess.Popen([str(DRIVER), "s3://guardian/p", "--part-bytes", str(PART), "put", "k", size, "1"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True, env=environment(liar))
    end = time.monotonic() + 20
    while liar.count("part") < 1:
        assert time.monotonic() < end and ran.poll() is None
        time.sleep(0.01)
    time.sleep(0.2)
    return ran


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_being_asked_to_stop_aborts(liar, number):
    liar.lie("part", "hang", seconds=25, times=-1)
    ran = start_big(liar)
    begin = time.monotonic()
    ran.send_signal(number)
    out = ran.communicate(timeout=20)[0]
    assert time.monotonic() - begin < 8
    failed(liar, json.loads(out.splitlines()[0]), "SYSTEM")


def test_what_a_dead_process_left_is_swept(liar):
    liar.lie("part", "hang", seconds=25, times=-1)
    ran = start_big(liar)
    ran.kill()
    ran.wait()
    ran.stdout.close()
    assert len(liar.uploads) == 1
    liar.uploads["foreign"] = lying_store.Upload("elsewhere/k", {})
    assert one(liar, "sweep", "", "3600")["count"] == 0
    assert one(liar, "sweep", "", "0")["count"] == 1
    assert list(liar.uploads) == ["foreign"] and stored(liar, "k") is None


def test_a_put_that_is_given_up_leaves_nothing(liar):
    answers = drive(liar, "give-up", "k", "100000", "1", "give-up", "k", BIG, "1", "head", "k")
    assert [answer["code"] for answer in answers] == ["OK"] * 3 and not answers[2]["there"]
    assert not liar.uploads and not liar.objects
