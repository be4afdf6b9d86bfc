"""The harness itself: a server that starts, stops, and holds the fixture that it promises."""

import os
import subprocess
import sys
import time

import pytest

from harness import effects
from harness import server as servers

ROWS = {
    "public.users": 200, "public.orders": 400, "public.order_items": 800, "public.products": 50,
    "public.categories": 10, "public.coupons": 5, "public.empty_table": 0, "public.duplicates": 10,
    "public.loose_items": 10, "public.big_counts": 20, "public.owned_notes": 5, "public.clustered": 20,
    "app.settings": 5, "app.contacts": 10, "app.tickets": 20, "app.sessions": 5, "app.pairs": 3,
    "archive.old_orders": 10, "public.events": 30, "public.events_2026": 2, "public.regions": 10,
    "public.vehicles": 3, "public.product_sales": 50, "public.audit_log": 5,
}


def test_the_fixture_holds_what_its_head_promises(server, shop):
    counted = {table: server.value(f"SELECT count(*) FROM {table}", shop) for table in ROWS}
    assert counted == ROWS


def test_each_test_gets_its_own_database(server, shop):
    server.run("DROP TABLE public.users CASCADE", shop)
    assert server.value("SELECT count(*) FROM public.users", servers.FIXTURE_DB) == 200


@pytest.mark.parametrize("watch", [True, False])
def test_copies_of_the_fixture_are_alike(clean_server, watch):
    for _ in range(2):
        with effects.Scratch(clean_server, watch) as scratch:
            assert scratch.before.same_as(scratch.capture()) and scratch.effects("SELECT 1").least_class == "none"


def test_a_server_opens_no_port(server):
    assert server.value("SHOW listen_addresses") == ""


def test_a_server_dies_with_the_process_that_started_it():
    code = "import sys; sys.path.insert(0, sys.argv[1]); from harness.server import Server; s = Server(); " \
           "print(s.dir, open(s.dir + '/data/postmaster.pid').readline().strip(), flush=True); import os; os.kill(os.getpid(), 9)"
    ran = subprocess.run([sys.executable, "-c", code, str(servers.HERE.parent)], capture_output=True, text=True)
    folder, pid = ran.stdout.split()
    for _ in range(100):
        if not os.path.exists(folder):
            break
        time.sleep(0.1)
    assert not os.path.exists(folder)
    assert not os.path.exists(f"/proc/{pid}")


@pytest.mark.deep
@pytest.mark.parametrize("major", [13, 14, 15, 16, 17, 18])
def test_the_fixture_loads_on_every_major(major):
    if major not in servers.wanted_majors():
        pytest.skip(f"GUARDIAN_TEST_MAJORS does not name {major}")
    with servers.Server(major=major) as other:
        other.load_fixture()
        assert other.major == major
        assert other.value("SELECT count(*) FROM public.orders", servers.FIXTURE_DB) == 400
