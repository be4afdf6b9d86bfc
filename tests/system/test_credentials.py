"""The chain of credentials against the services that give them, as far as a loopback can play them; and against real STS."""

import json
import os
import pathlib
import subprocess
import time

import pytest

from harness import fake_aws

DRIVER = pathlib.Path(os.environ.get("GD_BUILD", "build"), "system", "drive_credentials")
NOTHING = "no credentials for \"s3://bucket/prefix\" were found"


@pytest.fixture(scope="module")
def _aws():
    with fake_aws.FakeAws() as one:
        yield one


@pytest.fixture
def aws(_aws):
    _aws.reset()
    return _aws


@pytest.fixture
def home(tmp_path):
    (tmp_path / ".aws").mkdir()
    return tmp_path


def run(home, *steps, check=True, **variables):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**kept, "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true", **variables}
    ran = subprocess.run([str(DRIVER), *steps], capture_output=True, text=True, timeout=60, env=environment)
    assert not check or ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()], ran.stderr


def one(home, *steps, **variables):
    return run(home, *(steps or ("get",)), **variables)[0][-1]


def shown(answer):
    return answer["code"], answer["access"], answer["secret"], answer["token"]


FIRST = ("OK", "AK1", "secret1", "token1")


def test_nothing_anywhere_names_every_place(home):
    answer = one(home)
    assert (answer["code"], answer["text"]) == ("USAGE", NOTHING)
    for place in ("environment (AWS_ACCESS_KEY_ID)", "web identity (AWS_WEB_IDENTITY_TOKEN_FILE)", "profile \"default\"",
                  f"{home}/.aws/credentials", f"{home}/.aws/config", "AWS_CONTAINER_CREDENTIALS_*_URI", "AWS_EC2_METADATA_DISABLED"):
        assert place in answer["hint"]


# -- instance metadata

def metadata(aws):
    return {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": aws.url}


def test_the_role_of_an_instance(home, aws):
    answer = one(home, **metadata(aws))
    assert shown(answer) == FIRST and answer["called"] == "instance metadata"
    assert [ask["method"] for ask in aws.asked] == ["PUT", "GET", "GET"]
    assert one(home, **{**metadata(aws), "AWS_EC2_METADATA_SERVICE_ENDPOINT": aws.url + "/"})["code"] == "OK"


def test_no_instance_is_found_out_soon(home):
    begin = time.monotonic()
    answer = one(home, AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:1")
    assert answer["text"] == NOTHING and "no answer from http://127.0.0.1:1" in answer["hint"]
    assert time.monotonic() - begin < 5


def test_a_silent_metadata_service_is_given_up(home, aws):
    aws.delay = 12
    begin = time.monotonic()
    assert "no answer" in one(home, **metadata(aws))["hint"]
    assert time.monotonic() - begin < 8


def test_an_instance_without_a_role(home, aws):
    aws.role = ""
    assert "the instance has no role" in one(home, **metadata(aws))["hint"]


def test_a_metadata_service_that_fails_is_an_error(home, aws):
    aws.plan = [403]
    answer = one(home, **metadata(aws))
    assert answer["code"] == "SYSTEM" and "gave no token: HTTP status 403" in answer["text"]
    aws.role = "../../../user-data"
    assert "no role's name" in one(home, **metadata(aws))["text"]
    aws.reset()
    aws.garbage = "<html>secretive</html>"
    answer = one(home, **metadata(aws))
    assert answer["code"] == "SYSTEM" and "no JSON" in answer["text"] and "secretive" not in json.dumps(answer)


# -- containers

def test_the_role_of_a_container(home, aws):
    aws.token_wanted = "Bearer one two"
    answer = one(home, AWS_CONTAINER_CREDENTIALS_FULL_URI=aws.url + "/container?x=1", AWS_CONTAINER_AUTHORIZATION_TOKEN="Bearer one two")
    assert shown(answer) == FIRST and answer["called"] == "container"
    assert aws.asked[0]["path"] == "/container?x=1"


def test_the_token_file_of_a_container_is_read_each_time(home, aws):
    (home / "token").write_text("first\n")
    aws.token_wanted, aws.seconds = "first", 200  # less than five minutes: fetched anew at the next question
    variables = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": aws.url + "/container",
                 "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(home / "token"), "AWS_CONTAINER_AUTHORIZATION_TOKEN": "ignored"}
    assert shown(one(home, **variables)) == FIRST
    (home / "token").write_text("second")
    answer = one(home, **variables)
    assert answer["code"] == "SYSTEM" and "HTTP status 403" in answer["text"] and "second" not in json.dumps(answer)
    aws.token_wanted = "second"
    assert one(home, **variables)["access"] == "AK2"


@pytest.mark.parametrize("uri", ["http://example.com/x", "http://127.0.0.1.example.com/", "http://169.254.170.2.evil/", "http://[::2]/",
                                 "http://localhost@evil/"])
def test_a_container_token_goes_to_no_stranger(home, uri):
    answer = one(home, AWS_CONTAINER_CREDENTIALS_FULL_URI=uri, AWS_CONTAINER_AUTHORIZATION_TOKEN="verysecret")
    assert answer["code"] == "USAGE" and "verysecret" not in json.dumps(answer)


def test_a_service_that_stumbles_is_asked_again(home, aws):
    aws.plan = [500, "close"]
    assert shown(one(home, AWS_CONTAINER_CREDENTIALS_FULL_URI=aws.url + "/container")) == FIRST
    aws.plan = [503, 503, 503]
    answer = one(home, AWS_CONTAINER_CREDENTIALS_FULL_URI=aws.url + "/container")
    assert answer["code"] == "SYSTEM" and "HTTP status 503" in answer["text"]
    assert len(aws.asked) == 6


# -- web identity and roles

def test_web_identity(home, aws):
    (home / "token").write_text("jwt.one/+=\n")
    aws.web_token = "jwt.one/+="
    variables = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(home / "token"), "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
                 "AWS_ENDPOINT_URL_STS": aws.url, "AWS_ROLE_SESSION_NAME": "boot"}
    answer = one(home, **variables)
    assert shown(answer) == FIRST and answer["called"] == "role \"arn:aws:iam::1:role/r\" by web identity"
    assert "RoleSessionName=boot" in aws.asked[0]["body"] and "authorization" not in aws.asked[0]["headers"]
    aws.web_token = "another"
    answer = one(home, **variables)
    assert answer["code"] == "SYSTEM" and "InvalidIdentityToken: No OpenIDConnect provider found" in answer["text"]
    assert "jwt" not in json.dumps(answer)


def test_half_a_web_identity_is_an_error(home):
    assert "not AWS_ROLE_ARN" in one(home, AWS_WEB_IDENTITY_TOKEN_FILE="/nowhere")["text"]
    answer = one(home, AWS_WEB_IDENTITY_TOKEN_FILE="/nowhere", AWS_ROLE_ARN="arn:x")
    assert answer["code"] == "SYSTEM" and "/nowhere" in answer["text"]


def test_the_token_service_is_not_asked_over_http_by_accident(home, aws):
    (home / "token").write_text("jwt")
    variables = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(home / "token"), "AWS_ROLE_ARN": "arn:x"}
    answer = one(home, **variables, AWS_ENDPOINT_URL="http://10.1.2.3")
    assert answer["code"] == "USAGE" and "over http" in answer["text"]


CONFIG = """
[default]
region = eu-central-1
[profile keys]
aws_access_key_id = SRC
aws_secret_access_key = source-secret
[profile role]
role_arn = arn:aws:iam::1:role/r
source_profile = keys
external_id = ext 1
duration_seconds = 1200
[profile chained]
role_arn = arn:aws:iam::1:role/s
source_profile = role
[profile own]
role_arn = arn:aws:iam::1:role/o
source_profile = own
aws_access_key_id = SRC
aws_secret_access_key = source-secret
[profile placed]
role_arn = arn:aws:iam::1:role/p
credential_source = Environment
[profile loop1]
role_arn = a
source_profile = loop2
[profile loop2]
role_arn = b
source_profile = loop1
[profile lost]
role_arn = a
source_profile = nobody
[profile bare]
role_arn = a
[profile odd]
role_arn = a
credential_source = Moon
[profile mfa]
role_arn = a
source_profile = keys
mfa_serial = arn:aws:iam::1:mfa/me
[profile sso]
sso_session = corp
sso_account_id = 1
[profile web]
role_arn = arn:aws:iam::1:role/w
web_identity_token_file = {home}/token
[sso-session corp]
sso_start_url = https://x
"""


@pytest.fixture
def config(home):
    (home / ".aws" / "config").write_text(CONFIG.replace("{home}", str(home)))
    return home


def test_a_role_by_another_profile(config, aws):
    aws.sources = {"SRC": "source-secret"}
    answer = one(config, "--profile", "role", "get", AWS_ENDPOINT_URL_STS=aws.url)
    assert shown(answer) == FIRST
    form = aws.asked[0]["body"]
    assert "ExternalId=ext%201" in form and "DurationSeconds=1200" in form and "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr" in form
    assert "/eu-central-1/" not in aws.asked[0]["headers"]["authorization"]  # another profile's region
    assert shown(one(config, "--profile", "own", "get", AWS_ENDPOINT_URL_STS=aws.url))[0] == "OK"
    answer = one(config, "--profile", "placed", "get", AWS_ENDPOINT_URL_STS=aws.url, AWS_ACCESS_KEY_ID="SRC",
                 AWS_SECRET_ACCESS_KEY="source-secret")
    assert answer["code"] == "OK" and answer["access"] != "SRC"


def test_roles_may_follow_each_other(config, aws):
    aws.sources = {"SRC": "source-secret", "AK1": "secret1"}
    assert one(config, "--profile", "chained", "get", AWS_ENDPOINT_URL_STS=aws.url)["access"] == "AK2"
    assert aws.asked[1]["headers"]["x-amz-security-token"] == "token1"


def test_a_role_that_is_denied_says_why(config, aws):
    answer = one(config, "--profile", "role", "get", AWS_ENDPOINT_URL_STS=aws.url)
    assert answer["code"] == "SYSTEM" and "AccessDenied: User is not authorized" in answer["text"]
    assert "source-secret" not in json.dumps(answer)


def test_a_profile_with_a_token_file(config, aws):
    (config / "token").write_text("jwt")
    aws.web_token = "jwt"
    assert shown(one(config, "--profile", "web", "get", AWS_ENDPOINT_URL_STS=aws.url)) == FIRST


@pytest.mark.parametrize("profile, said", [
    ("loop1", "takes its credentials from itself"), ("lost", "there is no profile \"nobody\""), ("bare", "neither source_profile"),
    ("odd", "\"Moon\""), ("mfa", "needs a code from a device"), ("sso", "signs in through a browser (SSO)"),
    ("placed", "\"Environment\", which has none")])
def test_what_cannot_be_done_is_said(config, profile, said):
    answer = one(config, "--profile", profile, "get")
    assert answer["code"] == "USAGE" and said in answer["text"]
    if profile == "sso":
        assert "aws configure export-credentials --profile sso --format process" in answer["hint"]


# -- programs

def write_program(home, body, name="helper"):
    program = home / name
    program.write_text("#!/bin/sh\n" + body)
    program.chmod(0o755)
    return program


def test_a_program_that_prints_credentials(home):
    program = write_program(home, """[ "$1" = "a b" ] && [ "$2" = '$HOME' ] && [ "$3" = "it's" ] || exit 9
echo '{"Version":1,"AccessKeyId":"PA","SecretAccessKey":"PS","SessionToken":"PT","Expiration":"2099-01-02T03:04:05+02:00"}'
""", "my helper")
    (home / ".aws" / "config").write_text(f"[default]\ncredential_process = \"{program}\" \"a b\" '$HOME' it\\'s\n")
    answer = one(home)
    assert shown(answer) == ("OK", "PA", "PS", "PT") and answer["expires"] == 4070999045
    assert answer["called"] == "credential_process of profile \"default\""


@pytest.mark.parametrize("body, said", [
    ("echo leak-this >&2; exit 3", "failed with exit status 3"), ("echo not json leak-this", "no JSON object"),
    ("echo '{\"AccessKeyId\":\"leak-this\"}'", "without a secret key"),
    ("echo '{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"leak-this\",\"Expiration\":\"2020-01-01T00:00:00Z\"}'", "have ended at 2020"),
    ("echo '{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"leak-this\",\"Expiration\":\"tomorrow\"}'", "no time"),
    ("head -c 70000 /dev/zero | tr '\\0' x", "prints more than")])
def test_a_program_that_fails_is_named_and_its_words_are_not_shown(home, body, said):
    program = write_program(home, body + "\n")
    (home / ".aws" / "config").write_text(f"[default]\ncredential_process = {program}\n")
    answer = one(home)
    assert answer["code"] == "SYSTEM" and said in answer["text"] and "leak-this" not in json.dumps(answer)


def test_a_program_that_is_not_there(home):
    (home / ".aws" / "config").write_text("[default]\ncredential_process = /nowhere/helper\n")
    assert "could not run credential_process" in one(home)["text"]
    (home / ".aws" / "config").write_text("[default]\ncredential_process = \"/nowhere\n")
    assert "quote that does not end" in one(home)["text"]


# -- time

def container(aws):
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": aws.url + "/container"}


def test_what_lives_long_is_fetched_once(home, aws):
    answers, _ = run(home, "get", "get", "threads", "16", "get", **container(aws))
    assert {answer["access"] for answer in answers} == {"AK1"} and len(answers) == 19 and len(aws.asked) == 1


def test_threads_share_one_fetch(home, aws):
    aws.delay = 0.3
    answers, _ = run(home, "threads", "24", **container(aws))
    assert {answer["access"] for answer in answers} == {"AK1"} and len(aws.asked) == 1


def test_it_is_renewed_five_minutes_before_it_ends(home, aws):
    aws.seconds = 308  # a busy machine may be seconds late
    answers, _ = run(home, "get", "wait", "2000", "get", "wait", "6500", "get", "get", **container(aws))
    assert [answer["access"] for answer in answers] == ["AK1", "AK1", "AK2", "AK2"]


def test_what_still_lives_is_used_when_renewing_fails(home, aws):
    aws.seconds = 200
    aws.plan = [None, 500, 500, 500]
    answers, told = run(home, "get", "wait", "5500", "get", **container(aws))
    assert [answer["access"] for answer in answers] == ["AK1", "AK1"]
    assert "could not renew the credentials, which will soon end" in told and "HTTP status 500" in told


def test_a_refused_token_is_replaced_at_once_but_once_for_all_threads(home, aws):
    answers, _ = run(home, "get", "refresh", "refresh", "wait", "1100", "refresh", **container(aws))
    assert [answer["access"] for answer in answers] == ["AK1", "AK2", "AK2", "AK3"]


def test_a_changed_profile_file_is_read_again_when_refused(home):
    path = home / ".aws" / "credentials"
    path.write_text("[default]\naws_access_key_id=OLD\naws_secret_access_key=S\n")
    program = write_program(home, f"sleep 0.3\nprintf '[default]\\naws_access_key_id=NEW\\naws_secret_access_key=S\\n' >{path}\n")
    changer = subprocess.Popen([str(program)])
    answers, _ = run(home, "get", "wait", "600", "get", "refresh")
    changer.wait()
    assert [answer["access"] for answer in answers] == ["OLD", "OLD", "NEW"]


def test_no_secret_is_in_what_is_told(home, aws):
    """Whatever fails on the way: no text, hint or event repeats a key or a token."""
    aws.plan = [None, 400]
    answers, told = run(home, "get", "refresh", **container(aws))
    assert answers[0]["secret"] == "secret1" and answers[1]["code"] == "SYSTEM"
    assert "secret1" not in json.dumps(answers[1]) + told and "token1" not in json.dumps(answers[1]) + told


# -- the real thing

def test_a_role_of_a_real_token_service(home, rgw):
    """radosgw's STS: a profile takes on a role, and the session that comes back opens the bucket."""
    from harness import s3
    rgw.session()  # makes the role
    (home / ".aws" / "config").write_text(
        f"[profile user]\naws_access_key_id={rgw.variables['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key={rgw.variables['AWS_SECRET_ACCESS_KEY']}\n"
        f"[profile role]\nrole_arn=arn:aws:iam:::role/guardian\nsource_profile=user\nrole_session_name=guardian\nendpoint_url={rgw.endpoint}\n")
    answer = one(home, "--profile", "role", "get")
    assert answer["code"] == "OK" and answer["token"] and 800 < answer["expires"] - time.time() < 3700
    client = s3.Client(rgw.endpoint, answer["access"], answer["secret"], answer["token"])
    client.put(rgw.bucket, "by-role", b"1")
    assert client.get(rgw.bucket, "by-role") == b"1"
    client.remove(rgw.bucket, "by-role")
    client.token = client.token[:-8] + "AAAAAAA="
    assert client.request("GET", f"/{rgw.bucket}/by-role").status in (400, 403)
    answer = one(home, "--profile", "role", "get", AWS_ENDPOINT_URL_STS=rgw.endpoint.replace("127.0.0.1", "localhost"))
    assert answer["code"] == "OK"
    (home / ".aws" / "config").write_text((home / ".aws" / "config").read_text().replace("role/guardian", "role/nobody"))
    answer = one(home, "--profile", "role", "get")
    assert answer["code"] == "SYSTEM" and "HTTP status 404, NoSuchEntity" in answer["text"]
