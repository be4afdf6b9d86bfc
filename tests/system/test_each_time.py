"""What does its work anew whenever it is run is run, wherever in a file it stands; and what a file takes back itself is not said to be in."""

import pytest
from test_apply import Shop

DO = "DO $$ BEGIN {} END $$;\n"
REFRESH = "REFRESH MATERIALIZED VIEW grown;"


@pytest.fixture
def shop(guardian, server, database, tmp_path):
    shop = Shop(guardian, server, database, tmp_path)
    shop.rows("CREATE MATERIALIZED VIEW grown AS SELECT count(*) n FROM users;"
              "CREATE FUNCTION grow() RETURNS void LANGUAGE plpgsql AS $$ BEGIN REFRESH MATERIALIZED VIEW grown; END $$")
    return shop


@pytest.mark.parametrize("text", [REFRESH, DO.format(REFRESH), DO.format("IF true THEN EXECUTE 'REFRESH MATERIALIZED VIEW grown'; END IF;"),
                                  "SELECT grow();", f"CREATE TABLE IF NOT EXISTS extra (n int);\n{REFRESH}\n"])
def test_a_view_is_refreshed_each_time(shop, text):
    for count in (501, 502):
        shop.rows(f"INSERT INTO users VALUES ({count}, 'more', 1)")
        shop.apply(text)
        assert shop.value("SELECT n FROM grown") == count


def test_one_that_finds_its_work_done_still_has_nothing_to_do(shop):
    for text in (DO.format("IF to_regclass('extra') IS NULL THEN CREATE TABLE extra (n int); END IF;"), "SELECT set_config('app.a', 'b', false);\n"):
        shop.apply(text, outcome="applied" if "extra" in text else "nothing")
        shop.apply(text, outcome="nothing")


def test_a_message_is_sent_each_time(shop):
    link = shop.server.connect(shop.database)
    with link.cursor() as cursor:
        cursor.execute("LISTEN told")
        for text in ("NOTIFY told, 'a';\n", DO.format("PERFORM pg_notify('told', 'b');"), "SELECT pg_notify('told', 'c');\n"):
            for _ in range(2):
                link.notifies.clear()
                shop.apply(text)
                cursor.execute("SELECT 1")
                link.poll()
                assert len(link.notifies) == 1, text
    link.close()


def test_an_insert_beside_it_is_still_run_once(shop):
    text = f"INSERT INTO users VALUES (900, 'once', 1);\n{REFRESH}\n"
    shop.apply(text)
    shop.apply(text, outcome="nothing")
    assert shop.value("SELECT count(*) FROM users") == 501
