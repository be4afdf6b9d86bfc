"""A rollback never says that nothing is lost when something is, and leaves nothing of the change behind without a word: each way
in which rows can go past it, and changes by chance against a model of what every row must be."""

import collections
import json
import os
import pathlib
import random
import subprocess
import time

import pytest

from harness import server as servers

DEEP = bool(os.environ.get("GUARDIAN_TEST_DEEP"))

BASE = """
CREATE TABLE p (id serial PRIMARY KEY, v int, w text);
INSERT INTO p (v, w) SELECT i * 10, 'w' || i FROM generate_series(1, 6) i;
CREATE TABLE l (i int PRIMARY KEY);
CREATE FUNCTION on_l() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.i < 10 THEN UPDATE p SET v = v + 1 WHERE id = NEW.i;
    ELSE BEGIN INSERT INTO p (v, w) VALUES (NEW.i, 'by trigger'); EXCEPTION WHEN unique_violation THEN NULL; END; END IF;
    RETURN NEW; END $$;
CREATE TRIGGER on_l AFTER INSERT ON l FOR EACH ROW EXECUTE FUNCTION on_l();
CREATE TABLE keys (i int PRIMARY KEY);
CREATE FUNCTION on_keys() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE p SET id = id + 100 WHERE id = NEW.i; RETURN NEW; END $$;
CREATE TRIGGER on_keys AFTER INSERT ON keys FOR EACH ROW EXECUTE FUNCTION on_keys();
CREATE TABLE mother (id int PRIMARY KEY, w text);
CREATE TABLE child (x int, PRIMARY KEY (id)) INHERITS (mother);
INSERT INTO mother VALUES (1, 'a');
INSERT INTO child VALUES (2, 'b', 3);
CREATE TABLE parts (id int, k int, w text, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2);
INSERT INTO parts SELECT i, 1 + i % 2, i FROM generate_series(1, 6) i;
CREATE TABLE bag (a int, b text);
INSERT INTO bag SELECT i % 3, 'x' FROM generate_series(1, 9) i;
CREATE TABLE u (id int PRIMARY KEY, name text UNIQUE);
INSERT INTO u VALUES (1, 'a'), (2, 'b'), (3, 'c');
CREATE TABLE r (id int PRIMARY KEY, u int REFERENCES u ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO r VALUES (1, 1), (2, 2);
CREATE SEQUENCE numbers;
SELECT setval('numbers', 500);
"""


class Shop:
    """One database, what was in it, and Guardian beside."""

    def __init__(self, server, guardian, folder, name):
        self.server, self.guardian, self.folder, self.name = server, guardian, pathlib.Path(folder), name
        self.env = {**server.env(name), "GUARDIAN_STORE": f"file://{folder}/store"}

    def sql(self, text):
        return self.server.psql(self.name, stdin=text).stdout

    def run(self, *words, status=0):
        ran = subprocess.run([self.guardian, *words], env=self.env, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        assert status is None or ran.returncode == status, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran

    def apply(self, text):
        path = self.folder / "change.sql"
        path.write_text(text)
        return json.loads(self.run("apply", str(path), "--yes", "--json").stdout)

    def back(self):
        return json.loads(self.run("rollback", "--last", "--yes", "--json").stdout)


@pytest.fixture(scope="module")
def own():
    with servers.Server(memory=True) as one:
        one.create("truth_base")
        one.psql("truth_base", stdin=BASE)
        yield one


@pytest.fixture
def shop(own, guardian, tmp_path):
    own.create("truth", "truth_base")
    yield Shop(own, guardian, tmp_path, "truth")
    own.drop("truth")


def told(done):
    """All that is said in words."""
    return " | ".join(done["conflicts"] + done["notes"] + [one["conflict"] for one in done["since"] if one["conflict"]])


P = "SELECT * FROM p ORDER BY id"
ALL_BACK = {i: f"{i}|{i * 10}|w{i}" for i in range(1, 7)}


def rows(**other):
    """What p held, but for some keys; None: it is not there."""
    both = {**ALL_BACK, **{int(key[1:]): value for key, value in other.items()}}
    return [both[key] for key in sorted(both) if both[key] is not None]


DATABASE = "Rows that others changed or deleted since are again as the backup has them."

# name: (change, what others write since, what to look at, what it must be, way, lost, said)
HOLES = {
    "a key that a later row took": ("DELETE FROM p WHERE id = 2", "INSERT INTO p VALUES (2, 99, 'new')", P, rows(_2="2|99|new"), "tables", 1,
                                    "1 row of the backup does not come back, because what was written since has its key (id = 2)"),
    "numbers given out anew": ("TRUNCATE p RESTART IDENTITY", "INSERT INTO p (v, w) VALUES (1, 'n'), (2, 'n')", P, rows(_1="1|1|n", _2="2|2|n"), "tables", 2,
                               "2 rows of the backup do not come back, because what was written since has their keys (id = 1, 2)"),
    "deleted by others, which is known": ("DELETE FROM p WHERE id < 3", "DELETE FROM p WHERE id = 5", P, rows(_5=None), "tables", 0, ""),
    "deleted by others, which is not known": ("DELETE FROM p WHERE v = (SELECT min(v) FROM p)", "DELETE FROM p WHERE id = 5", P, rows(), "tables", 1,
                                              "1 row that others deleted since comes back, too"),
    "inserted in a savepoint": ("BEGIN; SAVEPOINT a; INSERT INTO p (v, w) VALUES (5, 'mine'); RELEASE a; DELETE FROM p WHERE id = 1; COMMIT",
                                "INSERT INTO p (v, w) VALUES (7, 'other')", P, rows(_8="8|7|other"), "tables", 0, ""),
    "inserted, and changed by others": ("INSERT INTO p (v, w) VALUES (5, 'mine')", "UPDATE p SET v = 6 WHERE id = 7", P, rows(_7="7|6|mine"), "inverse", 0,
                                        "up to 1 row that the change inserted and others changed since stays"),
    "inserted by a trigger": ("INSERT INTO l VALUES (10), (11)", "INSERT INTO p VALUES (50, 1, 'o')", P, rows(_50="50|1|o"), "inverse", 0, ""),
    "updated by a trigger": ("INSERT INTO l VALUES (3); DELETE FROM p WHERE id = 1", "", P, rows(), "tables", 0, ""),
    "updated by a trigger, not in the backup": ("INSERT INTO l VALUES (3)", "", P, rows(), None, None, ""),
    "a place under a unique constraint": ("DELETE FROM u WHERE id < 3", "INSERT INTO u VALUES (9, 'a')", "SELECT * FROM u ORDER BY id", ["2|b", "3|c", "9|a"], "tables", 1,
                                          "1 row of the backup does not come back: others have taken its place"),
    "what it refers to is gone": ("DELETE FROM r WHERE id = 1", "DELETE FROM u WHERE id = 1", "SELECT * FROM r ORDER BY id", ["2|2"], "tables", 1,
                                  "or what it refers to is not there"),
    "rows of a child": ("DELETE FROM mother", "INSERT INTO child VALUES (5, 'n', 1)", "SELECT tableoid::regclass, * FROM mother ORDER BY id",
                        ["mother|1|a", "child|2|b", "child|5|n"], "tables", 0, ""),
    "rows of partitions": ("UPDATE parts SET k = 2 WHERE id = 2; DELETE FROM parts WHERE id = 3; UPDATE parts SET w = 0 WHERE id = 4",
                           "INSERT INTO parts VALUES (7, 1, 7)", "SELECT * FROM parts ORDER BY id",
                           ["1|2|1", "2|1|2", "3|2|3", "4|1|4", "5|2|5", "6|1|6", "7|1|7"], "tables", 0, ""),
    "a table without a key": ("UPDATE bag SET b = 'y' WHERE a = 1; DELETE FROM bag WHERE a = 2", "INSERT INTO bag VALUES (1, 'y'), (7, 'new')",
                              "SELECT a, b, count(*) FROM bag GROUP BY 1, 2 ORDER BY 1, 2", ["0|x|3", "1|x|3", "1|y|1", "2|x|3", "7|new|1"], "tables", 0, ""),
    "another key": ("UPDATE p SET id = id + 10 WHERE id > 4", "INSERT INTO p VALUES (50, 1, 'o')", P, rows(_50="50|1|o"), "tables", 0, ""),
    "another key, and written to since": ("UPDATE p SET id = id + 10", "UPDATE p SET v = 0 WHERE id = 12", P, rows(), "database", 1, DATABASE),
    "another key, which no text tells": ("INSERT INTO keys VALUES (2)", "", P, rows(), "tables", 0, ""),
    "another key, and what refers to it": ("UPDATE u SET id = id + 10", "", "SELECT * FROM u JOIN r ON r.u = u.id ORDER BY 1", ["1|a|1|1", "2|b|2|2"], "database", 0, DATABASE),
    "truncated with what refers to it": ("TRUNCATE u CASCADE", "INSERT INTO u VALUES (7, 'n'); INSERT INTO r VALUES (9, 7)", "SELECT * FROM r ORDER BY id",
                                         ["1|1", "2|2", "9|7"], "tables", 0, ""),
    "the value of a sequence": ("SELECT setval('numbers', 1); ALTER SEQUENCE p_id_seq RESTART WITH 1", "SELECT nextval('numbers')",
                                "SELECT last_value FROM numbers UNION ALL SELECT last_value FROM p_id_seq", ["500", "6"], "inverse", 0,
                                "Sequence public.numbers stands at 2 and is set to 500 again."),
}


@pytest.mark.parametrize("name", HOLES)
def test_it_is_brought_back_or_told(shop, name):
    change, others, look, wanted, way, lost, said = HOLES[name]
    shop.apply(change)
    shop.sql(others)
    planned = json.loads(shop.run("plan", "--rollback", "last", "--json").stdout)
    done = shop.back()
    assert shop.sql(look).splitlines() == wanted, done
    assert way is None or done["way"] == way, done
    assert lost is None or done["rows_lost"] == planned["rows_lost"] == lost, done
    assert said in told(done), done
    assert said or not told(done), done


def test_without_anybody_to_ask_it_is_not_done(shop):
    shop.apply("DELETE FROM p WHERE id = 2")
    shop.sql("INSERT INTO p VALUES (2, 99, 'new')")
    refused = shop.run("rollback", "--last", status=3)
    assert "1 row or value would be lost, and there is nobody to ask" in refused.stderr
    page = shop.run("plan", "--rollback", "last").stdout
    assert "1 row of the backup does not come back." in page and "guardian restore" in page


def test_others_that_are_at_work_are_not_taken_for_the_change(shop):
    """Ids of savepoints lie between those of others: of them nothing goes."""
    with shop.server.connect(shop.name, autocommit=False) as link, link.cursor() as cursor:
        cursor.execute("SAVEPOINT a; INSERT INTO p VALUES (70, 0, 'open'); RELEASE a")
        shop.apply("BEGIN; SAVEPOINT a; INSERT INTO p VALUES (60, 0, 'mine'); SAVEPOINT b; INSERT INTO p VALUES (61, 0, 'mine'); "
                   "RELEASE b; RELEASE a; COMMIT")
        cursor.execute("SAVEPOINT b; INSERT INTO p VALUES (71, 0, 'open'); RELEASE b")
        link.commit()
    done = shop.back()
    assert shop.sql(P).splitlines() == rows(_70="70|0|open", _71="71|0|open"), done
    assert done["rows_lost"] == 0 and not told(done)


# --- by chance -----------------------------------------------------------------------------------

MODEL = """
CREATE TABLE a (id int PRIMARY KEY, v int, w text);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE, w text);
CREATE TABLE bag (v int, w text);
INSERT INTO a SELECT i, i, 'a' || i FROM generate_series(1, 30) i;
INSERT INTO b SELECT i, 1 + i % 30, 'b' || i FROM generate_series(1, 40) i;
INSERT INTO bag SELECT i % 5, 'g' FROM generate_series(1, 25) i;
CREATE FUNCTION add_a(i int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    BEGIN INSERT INTO a VALUES (i, -1, 'added'); EXCEPTION WHEN unique_violation THEN NULL; END; END $$;
"""


def some_change(chance):
    """Statements that lose or leave rows, in an order by chance."""
    m, r, key = chance.randint(2, 7), chance.randint(0, 2), chance.randint(100, 120)
    kinds = [
        f"DELETE FROM a WHERE id % {m} = {r}",
        f"DELETE FROM b WHERE id % {m} = {r}",
        f"DELETE FROM b WHERE w IN (SELECT w FROM b WHERE id % {m} = {r})",
        f"UPDATE a SET v = v + 1000 WHERE id % {m} = {r}",
        f"UPDATE b SET w = upper(w) WHERE id % {m} = {r}",
        "TRUNCATE b", "DELETE FROM b",
        f"INSERT INTO a VALUES ({key}, 0, 'mine'), ({key + 1}, 0, 'mine')",
        f"SELECT add_a({key + 50}), add_a({chance.randint(1, 30)})",
        f"DO $$ BEGIN DELETE FROM a WHERE id % {m} = {r}; END $$",
        f"DELETE FROM bag WHERE v = {r}",
        f"UPDATE bag SET w = 'h' WHERE v = {r}",
        f"INSERT INTO bag VALUES ({r}, 'mine')",
    ]
    picked = chance.sample(kinds, chance.randint(1, 3))
    text = ";\n".join(picked)
    return f"BEGIN; SAVEPOINT s;\n{text};\nRELEASE s; COMMIT;" if chance.random() < 0.4 else text + ";\n"


def some_writes(chance, serial):
    """What others write since: every value is one that nobody else writes."""
    at = chance.randint(1, 30)
    kinds = [
        lambda n: f"INSERT INTO a VALUES ({at}, {n}, 'o{n}') ON CONFLICT DO NOTHING",
        lambda n: f"INSERT INTO a VALUES ({n}, {n}, 'o{n}')",
        lambda n: f"UPDATE a SET w = 'o{n}' WHERE id IN ({at}, {at + 80})",
        lambda n: f"UPDATE a SET v = {n} WHERE id IN ({at}, {at + 81})",
        lambda n: f"DELETE FROM a WHERE id = {at}",
        lambda n: f"INSERT INTO b SELECT {at}, id, 'o{n}' FROM a LIMIT 1 ON CONFLICT DO NOTHING",
        lambda n: f"UPDATE b SET w = 'o{n}' WHERE id = {at}",
        lambda n: f"DELETE FROM b WHERE id = {at}",
        lambda n: f"INSERT INTO bag VALUES ({n}, 'o')",
    ]
    return [kind(next(serial)) for kind in chance.choices(kinds, k=chance.randint(0, 5))]


def state(shop):
    """Rows by key; of the bag a count of each."""
    def table(name):
        return {line.split("|")[0]: tuple(line.split("|")) for line in shop.sql(f"SELECT * FROM {name}").splitlines()}
    return {"a": table("a"), "b": table("b"), "bag": collections.Counter(shop.sql("SELECT * FROM bag").splitlines())}


def merged(was, changed, since):
    """What others wrote since over what was before."""
    return tuple(old if mid == new else new for old, mid, new in zip(was, changed, since))


def check_key(was, changed, since, now):
    """"" when the row is as it must be; otherwise what must be told."""
    if since == changed:
        return "" if now == was else "lost"
    if since is None:
        return "" if now is None else "deleted since"
    if was is None:
        return "" if changed is None and now == since else "inserted" if changed is not None and now == since else "lost"
    if changed is None:
        return "taken" if now == since else "lost"
    return "" if now == merged(was, changed, since) else "mixed" if now == since else "lost"


WORDS = {"orphan": ["not come back", "go with them"], "deleted since": ["others deleted since"], "inserted": ["the change inserted and others changed since"], "taken": ["not come back", "nothing tells whether"],
         "mixed": ["nothing tells whether", "others changed since stay", "stays as it is", "stay as they are", "written since"]}


def is_orphan(table, row, states):
    """It refers to what is not there any more: others deleted it, or it was the change's."""
    return table == "b" and row is not None and row[1] not in states[3]["a"]


def check_table(table, states, done):
    said = " | ".join([one for one in done["conflicts"] if f"public.{table}" in one] + [one["conflict"] or "" for one in done["since"] if one["table"] == f"public.{table}"])
    for key in set().union(*(one[table] for one in states)):
        was, changed, since, now = (one[table].get(key) for one in states)
        verdict = check_key(was, changed, since, now)
        if verdict == "lost" and now is None and (is_orphan(table, was, states) or is_orphan(table, since, states)):
            verdict = "orphan"
        assert verdict != "lost", (table, key, [one[table].get(key) for one in states])
        assert verdict == "" or any(word in said for word in WORDS[verdict]), (table, key, verdict, [one[table].get(key) for one in states])
        assert verdict not in ("taken", "orphan") or done["rows_lost"] != 0 or "nothing tells" in said


def check(states, done):
    was, changed, since, now = states
    if done["way"] == "database":
        assert now == was
        wrote = sum(1 for table in "ab" for key, row in since[table].items() if row != changed[table].get(key)) + sum((since["bag"] - changed["bag"]).values())
        assert done["rows_lost"] >= wrote
        return
    check_table("a", states, done)
    check_table("b", states, done)
    assert now["bag"] == was["bag"] + (since["bag"] - changed["bag"])


def once(own, guardian, folder, seed):
    chance, serial = random.Random(seed), iter(range(1000, 10000))
    folder.mkdir()
    own.create("chance", "chance_base")
    shop = Shop(own, guardian, folder, "chance")
    change, writes = some_change(chance), some_writes(chance, serial)
    done = {}
    try:
        was = state(shop)
        done = shop.apply(change)
        if done["outcome"] == "nothing":
            return
        changed = state(shop)
        shop.sql(";\n".join(writes))
        since = state(shop)
        done = shop.back()
        check((was, changed, since, state(shop)), done)
    except AssertionError as failure:
        raise AssertionError(f"seed {seed}\n{change}\n-- since\n{writes}\n{failure}\n{json.dumps(done)[:3000]}") from failure
    finally:
        own.drop("chance")


def test_changes_by_chance(own, guardian, tmp_path):
    own.create("chance_base")
    own.psql("chance_base", stdin=MODEL)
    first = int(os.environ.get("GUARDIAN_TEST_SEED", 0)) or (time.time_ns() % 1000000 if DEEP else 1)
    until = time.monotonic() + (int(os.environ.get("GUARDIAN_TEST_SECONDS", 600)) if DEEP else 25)
    for seed in range(first, first + (1000 if DEEP else 12)):
        once(own, guardian, tmp_path / str(seed), seed)
        if time.monotonic() > until:
            break
