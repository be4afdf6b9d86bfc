"""docs/runbooks/boot-sync.md and enum-migration.md: their own commands, as they stand."""

import re

import pytest

from harness import project as projects
from harness import server as servers

BOOT = servers.ROOT / "docs" / "runbooks" / "boot-sync.md"
ENUM = servers.ROOT / "docs" / "runbooks" / "enum-migration.md"


@pytest.fixture(scope="module")
def own():
    with servers.Server() as one:
        yield one


@pytest.fixture
def project(own, guardian, tmp_path):
    made = projects.Project(own, guardian, tmp_path)
    yield made
    own.drop(made.name)


def test_the_start_script_runs_ten_times(project):
    script = projects.blocks(BOOT)[0]
    assert "guardian apply prisma/migrations" in script and "guardian apply db/constraints.sql db/init.sql" in script
    project.server.drop(project.name)
    project.server.create(project.name)  # Prisma's folder begins with an empty database
    shop = (projects.SHOP / "shop.sql").read_text()
    project.commit("Prisma", {"prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n', "prisma/migrations/1_shop/migration.sql": shop})
    outputs = [re.findall(r"(?m)^([A-Z]+)  ", project.sh(script).stdout) for _ in range(10)]
    assert outputs[0] == ["APPLIED", "APPLIED"] and all(one == ["NOTHING", "NOTHING"] for one in outputs[1:]), outputs


def test_the_enum_migration_of_the_page(project):
    sql, = projects.blocks(ENUM, "sql")
    project.commit("Returns", {"db/order-returns.sql": sql})
    plan, approve, apply, listing, rollback = projects.commands(ENUM)
    shown = project.sh(plan, status=3).stdout
    assert "ADD VALUE 'returned'" in shown and len(re.findall(r"^  approve   [0-9a-f]{64}$", shown, re.M)) == 2
    project.sh(apply, status=3)
    project.sh(approve)
    project.sh(apply, GUARDIAN_YES="yes")
    assert project.value("SELECT count(*) FROM orders WHERE status::text = 'returned'") == 50
    assert "applied" in project.sh(listing).stdout
    piped = re.search(r"`(guardian apply [^`]* - <[^`]*)`", ENUM.read_text())[1]
    assert "NOTHING" in project.sh(piped).stdout
    project.sh(rollback, GUARDIAN_YES="yes")
    assert project.value("SELECT count(*) FROM pg_enum WHERE enumlabel = 'returned'") == 0


def test_statuses_of_the_page_are_those_of_the_program():
    known = {int(status) for status in re.findall(r"^ +X\(\w+, (\d+), ", (servers.ROOT / "guardian" / "base" / "status.h").read_text(), re.M)}
    told = {int(status) for status in re.findall(r"^\| (\d+) \|", BOOT.read_text(), re.M)}
    assert len(told) >= 6 and told <= known
