"""The survey works in the tool's own session: what the tool does to that session does not disturb it, and the other way round."""

import os
import subprocess

import pytest

from harness import server as servers

GUARDIAN = os.environ.get("GD_BINARY") or os.environ["GUARDIAN"]


@pytest.fixture(scope="module")
def server():
    with servers.Server(memory=True) as one:
        yield one


@pytest.mark.parametrize("forget", ["DISCARD ALL", "DEALLOCATE ALL", "DISCARD PLANS", "SET search_path TO other"])
def test_kept_plans_may_go_at_any_time(server, tmp_path, forget):
    name = f"session_{abs(hash(forget)) % 10**6}"
    server.create(name)
    server.psql(name, stdin="CREATE SCHEMA other; CREATE TABLE rows (id int PRIMARY KEY); INSERT INTO rows VALUES (1); CREATE TABLE other.rows (id int)")
    script = "PREPARE mine AS SELECT 'prepared'; EXECUTE mine;\n"
    script += "".join(f"ALTER TABLE public.rows ADD COLUMN a{n} int;\n" + (f"{forget};\n" if n % 3 == 0 else "") for n in range(8))
    script += "BEGIN; ALTER TABLE public.rows ADD COLUMN b int; SAVEPOINT s; SELECT 1/0; ROLLBACK TO s; ALTER TABLE public.rows ADD COLUMN c int; COMMIT;\n"
    script += "SELECT count(*) FROM pg_prepared_statements WHERE name NOT LIKE 'guardian %';\n"
    ran = subprocess.run([GUARDIAN, "run", "--quiet", "--", "psql", "-XAtq"], input=script, capture_output=True, text=True, timeout=120,
                         env={**os.environ, **server.env(name), "GUARDIAN_STORE": f"file://{tmp_path}/store"})
    assert ran.returncode == 0 and ran.stdout.split("\n")[0] == "prepared", ran.stderr
    assert ran.stderr.replace("ERROR:  division by zero\n", "") == "", ran.stderr
    assert ran.stdout.splitlines()[-1] == ("0" if forget in ("DISCARD ALL", "DEALLOCATE ALL") else "1")
    assert server.psql(name, stdin="SELECT count(*) FROM pg_attribute WHERE attrelid = 'public.rows'::regclass AND attnum > 0").stdout.strip() == "11"


@pytest.mark.parametrize("forget", ["DISCARD ALL", "DEALLOCATE ALL"])
def test_the_question_whether_reading_is_harmless_is_planned_once(server, tmp_path, forget):
    """It is asked again a tenth of a second later, and again when its plan is gone."""
    asked = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'guardian %harmless%';\n"
    script = "SELECT 1 AS first;\n" + "SELECT pg_sleep(0.11);\nSELECT 1;\n" * 3 + asked
    script += f"{forget};\nSELECT pg_sleep(0.11);\nSELECT 1;\n" + asked
    script += f"BEGIN;\nDEALLOCATE ALL;\nSELECT 1/0;\nROLLBACK;\nBEGIN;\nSELECT pg_sleep(0.11);\nDEALLOCATE ALL;\nSELECT 2;\nCOMMIT;\nSELECT 3;\n"
    ran = subprocess.run([GUARDIAN, "run", "--quiet", "--", "psql", "-XAtq"], input=script, capture_output=True, text=True, timeout=60,
                         env={**os.environ, **server.env(), "GUARDIAN_STORE": f"file://{tmp_path}/store"})
    assert ran.returncode == 0 and ran.stderr == "ERROR:  division by zero\n", ran.stderr
    assert [line for line in ran.stdout.split("\n") if line] == ["1"] * 4 + ["1"] + ["1"] + ["1"] + ["2", "3"]


def test_what_is_kept_is_planned_once(server, tmp_path):
    """The server would rather plan for each statement's names, and that is most of what a statement costs."""
    server.create("planned")
    script = "CREATE TABLE one (id serial PRIMARY KEY, name text);\n" + "".join(f"ALTER TABLE one ADD COLUMN a{n} int;\n" for n in range(7))
    script += "SELECT sum(generic_plans) > 50, sum(custom_plans) FROM pg_prepared_statements WHERE name LIKE 'guardian %';\n"
    ran = subprocess.run([GUARDIAN, "run", "--quiet", "--", "psql", "-XAtq"], input=script, capture_output=True, text=True, timeout=60,
                         env={**os.environ, **server.env("planned"), "GUARDIAN_STORE": f"file://{tmp_path}/store"})
    assert (ran.returncode, ran.stderr, ran.stdout) == (0, "", "t|0\n")
