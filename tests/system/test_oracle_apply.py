"""Histories of migrations, applied once by psql and once by guardian: the schemas and the rows are the same afterwards.

The oracle is psql and the server: nothing here asks Guardian what a statement does. Files of real tools (tests/corpus/tools), and
generated ones: GUARDIAN_TEST_DEEP=1 makes hundreds of them.
"""

import os
import random
import re
import subprocess

import pytest

from harness import corpus, world

DEEP = os.environ.get("GUARDIAN_TEST_DEEP") == "1"
TOOLS = corpus.ROOT / "tools"
HISTORIES = {
    "activerecord": sorted(TOOLS.glob("activerecord/*.sql")),
    "alembic": sorted(TOOLS.glob("alembic/[0-9].sql")),
    "django": sorted(TOOLS.glob("django/sqlmigrate/*.sql")),
    "drizzle": sorted(TOOLS.glob("drizzle/generated/*.sql")),
    "knex": sorted(TOOLS.glob("knex/*.sql")),
    "node-pg-migrate": sorted(TOOLS.glob("node-pg-migrate/*.sql")),
    "prisma": [path for path in sorted(TOOLS.glob("prisma/history7/*/migration.sql")) if "split-by-hand" not in str(path)],
    "sqitch": [TOOLS / "sqitch" / name for name in ("deploy-books.sql", "deploy-loans.sql", "deploy-drop-remarks.sql")],
}


class Twins:
    """Two databases that start alike."""

    def __init__(self, guardian, server, folder):
        self.guardian, self.server, self.folder = guardian, server, folder
        self.plain, self.guarded = "twin_plain", "twin_guarded"
        (folder / "store").mkdir()
        for name in (self.plain, self.guarded):
            server.create(name)

    def end(self):
        for name in (self.plain, self.guarded):
            self.server.drop(name)

    def psql(self, path):
        ran = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(path)], env=self.server.env(self.plain),
                             capture_output=True, text=True, timeout=60)
        return ran.returncode == 0, ran.stderr

    def apply(self, path):
        ran = subprocess.run([self.guardian, "apply", "--policy", "development", "--yes", "--quiet", "--again", "--store",
                              f"file://{self.folder}/store", str(path)], env=self.server.env(self.guarded), capture_output=True, text=True, timeout=120)
        return ran.returncode, ran.stdout + ran.stderr

    def step(self, path):
        """One file on both. @return did it work?"""
        worked, wrong = self.psql(path)
        status, said = self.apply(path)
        text = path.read_text()
        if worked:
            assert status == 0, f"psql ran {path}, guardian did not:\n{said}\n{text}"
        else:
            assert status in (2, 3, 5, 6), f"psql refused {path} ({wrong}), guardian: {status}\n{said}\n{text}"
        return worked

    def compare(self, what):
        self.server.run("DROP SCHEMA IF EXISTS guardian CASCADE", self.guarded)
        found = world.differences(self.server, self.plain, self.guarded)
        assert not found, f"{what}:\n" + "\n".join(map(str, found[:20]))


@pytest.fixture
def twins(guardian, server, tmp_path):
    both = Twins(guardian, server, tmp_path)
    yield both
    both.end()


def without_parameters(text):
    """What was recorded on the wire has statements with $1, which are the tool's own records; no script can hold them."""
    return ";\n".join(part for part in text.split(";\n") if not re.search(r"\$\d", part))


@pytest.mark.parametrize("tool", sorted(HISTORIES))
def test_a_history_of_a_real_tool_comes_out_the_same(twins, tool):
    assert HISTORIES[tool], "no files"
    worked = 0
    for number, path in enumerate(HISTORIES[tool]):
        copy = twins.folder / f"{number:03}-{path.parent.name}-{path.name}"
        copy.write_text(without_parameters(path.read_text()))
        worked += twins.step(copy)
    assert worked > 0
    for name in (twins.plain, twins.guarded):  # when it ran is not the same
        if twins.server.value("SELECT to_regclass('public.pgmigrations') IS NOT NULL", name):
            twins.server.run("UPDATE public.pgmigrations SET run_on = 'epoch'", name)
    twins.compare(tool)


class Writer:
    """Writes files that a careful person could have written, by what it remembers of the schema."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.tables, self.enums, self.serial = {}, {}, 0

    def name(self, prefix):
        self.serial += 1
        return f"{prefix}{self.serial}"

    def table(self):
        return self.dice.choice(sorted(self.tables)) if self.tables else None

    def column(self, table, kind=None):
        found = [name for name, of in self.tables[table].items() if name != "id" and (kind is None or of == kind)]
        return self.dice.choice(found) if found else None

    def create_table(self):
        table = self.name("t")
        self.tables[table] = {"id": "int", "a": "text", "b": "int"}
        return f"CREATE TABLE {table} (id int PRIMARY KEY, a text, b int DEFAULT 7);\n" \
               f"INSERT INTO {table} SELECT n, 'row ' || n, n % 5 FROM generate_series(1, {self.dice.randint(1, 40)}) n;"

    def add_column(self):
        table, column, kind = self.table(), self.name("c"), self.dice.choice(["int", "text", "numeric(8,2)", "boolean", "timestamptz"])
        default = {"int": " DEFAULT 3", "text": " NOT NULL DEFAULT 'x'", "boolean": " DEFAULT true"}.get(kind, "") if self.dice.random() < .6 else ""
        self.tables[table][column] = kind
        return f"ALTER TABLE {table} ADD COLUMN {column} {kind}{default};"

    def drop_column(self):
        table = self.table()
        column = self.column(table)
        if column is None:
            return self.add_column()
        del self.tables[table][column]
        return f"ALTER TABLE {table} DROP COLUMN {column} CASCADE;"

    def rename_column(self):
        table = self.table()
        column, to = self.column(table), self.name("r")
        if column is None:
            return self.add_column()
        self.tables[table][to] = self.tables[table].pop(column)
        return f"ALTER TABLE {table} RENAME COLUMN {column} TO {to};"

    def widen(self):
        table = self.table()
        column = self.column(table, "int")
        if column is None:
            return self.add_column()
        self.tables[table][column] = "bigint"
        return f"ALTER TABLE {table} ALTER COLUMN {column} TYPE bigint;"

    def index(self):
        table = self.table()
        column = self.column(table) or "id"
        concurrently = " CONCURRENTLY" if self.dice.random() < .3 else ""
        return f"CREATE INDEX{concurrently} {self.name('i')} ON {table} ({column});"

    def enum(self):
        if not self.enums or self.dice.random() < .4:
            enum, table, column = self.name("e"), self.table(), self.name("s")
            self.enums[enum] = ["one", "two"]
            self.tables[table][column] = enum
            return f"CREATE TYPE {enum} AS ENUM ('one', 'two');\nALTER TABLE {table} ADD COLUMN {column} {enum} DEFAULT 'one';"
        enum = self.dice.choice(sorted(self.enums))
        value = self.name("v")
        place = self.dice.choice(["", f" BEFORE '{self.dice.choice(self.enums[enum])}'"])
        self.enums[enum].append(value)
        used = [(table, column) for table, columns in self.tables.items() for column, kind in columns.items() if kind == enum]
        use = f"\nUPDATE {used[0][0]} SET {used[0][1]} = '{value}' WHERE id % 2 = 0;" if used else ""
        return f"ALTER TYPE {enum} ADD VALUE '{value}'{place};{use}"

    def view(self):
        table = self.table()
        return f"CREATE OR REPLACE VIEW {self.name('w')} AS SELECT id FROM {table} WHERE id > {self.dice.randint(0, 9)};"

    def rows(self):
        table = self.table()
        column = self.column(table, "text")
        if column is None or self.dice.random() < .4:
            return f"DELETE FROM {table} WHERE id % 7 = {self.dice.randint(0, 6)};"
        return f"UPDATE {table} SET {column} = 'new ' || id WHERE id % 3 = 0;"

    def constraint(self):
        return f"ALTER TABLE {self.table()} ADD CONSTRAINT {self.name('k')} CHECK (id > 0);"

    def block(self):
        inner = "\n".join(self.dice.choice([self.add_column, self.rows, self.rename_column, self.constraint])() for _ in range(3))
        return f"BEGIN;\n{inner}\nCOMMIT;"

    def drop_table(self):
        if len(self.tables) < 3:
            return self.create_table()
        table = self.table()
        del self.tables[table]
        return f"DROP TABLE {table} CASCADE;"

    def function(self):
        name = self.name("f")
        return f"CREATE FUNCTION {name}() RETURNS int LANGUAGE sql AS $$ SELECT {self.dice.randint(1, 9)} $$;"

    def file(self):
        if not self.tables:
            return self.create_table()
        kinds = [self.create_table, self.add_column, self.drop_column, self.rename_column, self.widen, self.index, self.enum, self.view, self.rows,
                 self.constraint, self.block, self.drop_table, self.function]
        return "\n".join(self.dice.choice(kinds)() for _ in range(self.dice.randint(1, 5))) + "\n"


@pytest.mark.parametrize("seed", range(40 if DEEP else 3))
def test_a_generated_history_comes_out_the_same(twins, seed):
    writer = Writer(seed)
    for number in range(10 if DEEP else 7):
        path = twins.folder / f"{number:03}.sql"
        path.write_text(writer.file())
        assert twins.step(path), path.read_text()
    twins.compare(f"seed {seed}")
