"""Scripts of any size for the benchmarks: the same bytes every time, written piece by piece.

Each maker yields pieces of SQL; write() stops after the piece that reaches the wanted size.
"""

import itertools

WORDS = "account order invoice shipment customer product payment session audit ticket message device".split()


def migration(number):
    """What a migration tool writes for one table of an application, and two later changes of it."""
    word = WORDS[number % len(WORDS)]
    table, parent = f"{word}_{number}", f"{WORDS[(number + 5) % len(WORDS)]}_{number // 2}"
    yield f"""-- CreateEnum
CREATE TYPE "public"."{table}_status" AS ENUM ('draft', 'open', 'closed');

-- CreateTable
CREATE TABLE "public"."{table}" (
    "id" BIGSERIAL NOT NULL,
    "parent_id" BIGINT,
    "name" VARCHAR(200) NOT NULL,
    "email" TEXT,
    "status" "public"."{table}_status" NOT NULL DEFAULT 'draft',
    "amount" NUMERIC(12, 2) NOT NULL DEFAULT 0,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "data" JSONB NOT NULL DEFAULT '{{}}'::jsonb,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "{table}_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "{table}_amount_check" CHECK ("amount" >= 0 AND "amount" < 1000000)
);

-- CreateIndex
CREATE UNIQUE INDEX "{table}_email_key" ON "public"."{table}"("email");
CREATE INDEX "{table}_name_idx" ON "public"."{table}" (lower("name"), "created_at" DESC) WHERE "status" <> 'closed';
COMMENT ON TABLE "public"."{table}" IS 'One {word}; it''s kept for ten years';
"""
    if number > 0:
        yield f"""
-- AddForeignKey
ALTER TABLE "public"."{table}" ADD CONSTRAINT "{table}_parent_id_fkey" FOREIGN KEY ("parent_id")
    REFERENCES "public"."{parent}"("id") ON DELETE SET NULL ON UPDATE CASCADE;
"""
    yield f"""
ALTER TABLE "public"."{table}" ADD COLUMN "note" TEXT, ALTER COLUMN "email" SET NOT NULL;
CREATE OR REPLACE FUNCTION "public"."{table}_touch"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    IF NEW.status = 'closed' AND OLD.status <> 'closed' THEN
        NEW.note := coalesce(NEW.note, '') || 'closed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "{table}_touch" BEFORE UPDATE ON "public"."{table}" FOR EACH ROW EXECUTE FUNCTION "public"."{table}_touch"();
CREATE VIEW "public"."{table}_open" AS SELECT t."id", t."name", count(*) OVER (PARTITION BY t."status") AS "same"
    FROM "public"."{table}" t WHERE t."status" = 'open' ORDER BY t."created_at";
INSERT INTO "public"."{table}" ("name", "email", "updated_at") VALUES ('first', 'first@example.com', now());
GRANT SELECT, INSERT ON "public"."{table}" TO app;
"""


def migrations():
    """DDL only, as a squashed history of an application of any number of tables."""
    return itertools.chain.from_iterable(map(migration, itertools.count()))


def rows(number, table):
    values = ",\n    ".join(
        f"({number * 5 + i}, 'Customer {number}/{i}', 'someone{i}@example.com', '2024-05-0{1 + i} 10:00:00+00', "
        f"'{{\"plan\": \"gold\", \"seats\": {i}}}')" for i in range(5))
    return f"INSERT INTO {table} (id, name, email, made, data) VALUES\n    {values};\n"


def inserts_and_changes():
    """Rows of forty tables in turns, five to a statement, a change of a table every two hundred statements."""
    for t in range(40):
        yield f"CREATE TABLE app.t{t} (id bigint PRIMARY KEY, name text, email text, made timestamptz, data jsonb);\n"
    for number in itertools.count():
        yield rows(number, f"app.t{number % 40}")
        if number % 200 == 199:
            yield f"ALTER TABLE app.t{number % 40} ADD COLUMN c{number} text DEFAULT 'none';\n"
            yield f"CREATE INDEX ON app.t{number % 40} (c{number});\n"


def rows_by_table():
    """Rows of one table after the other, two thousand statements each."""
    for number in itertools.count():
        if number % 2000 == 0:
            yield f"CREATE TABLE app.t{number // 2000} (id bigint PRIMARY KEY, name text, email text, made timestamptz, data jsonb);\n"
        yield rows(number, f"app.t{number // 2000}")


def dump():
    """pg_dump's plain format: tables, and their rows as COPY data."""
    yield "SET statement_timeout = 0;\nSET standard_conforming_strings = on;\nSET client_min_messages = warning;\n"
    copied = "".join(f"{i}\tCustomer; number {i}\tsomeone{i}@example.com\t2024-05-01 10:00:00+00\n" for i in range(20000))
    for t in itertools.count():
        yield f"""
CREATE TABLE public.t{t} (
    id bigint NOT NULL,
    name text,
    email text,
    made timestamp with time zone DEFAULT now()
);
ALTER TABLE public.t{t} OWNER TO app;

COPY public.t{t} (id, name, email, made) FROM stdin;
{copied}\\.

ALTER TABLE ONLY public.t{t} ADD CONSTRAINT t{t}_pkey PRIMARY KEY (id);
"""


def tables():
    """Nothing but small tables: no two statements are alike."""
    return (f"CREATE TABLE t{i} (id int PRIMARY KEY, name text NOT NULL);\n" for i in itertools.count())


def commented():
    return (f"-- step {i}: says why\n/* and more */ UPDATE t SET a = {i} WHERE id = {i};\n" for i in itertools.count())


def functions():
    """A function each, and a call of it: what the script made is looked up for every call."""
    return (f"CREATE FUNCTION f{i}() RETURNS int LANGUAGE sql AS 'SELECT {i}';\nSELECT f{i}();\n" for i in itertools.count())


def triggers():
    return (f"CREATE TABLE t{i} (id int);\nCREATE FUNCTION f{i}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\n"
            f"CREATE TRIGGER g{i} BEFORE INSERT ON t{i} FOR EACH ROW EXECUTE FUNCTION f{i}();\nINSERT INTO t{i} VALUES (1);\n"
            for i in itertools.count())


def enums():
    """The type swap of migration tools, over and over."""
    return (f"""CREATE TYPE e{i}_new AS ENUM ('a', 'b');
ALTER TABLE t{i} ALTER COLUMN s DROP DEFAULT;
ALTER TABLE t{i} ALTER COLUMN s TYPE e{i}_new USING (s::text::e{i}_new);
ALTER TYPE e{i} RENAME TO e{i}_old;
ALTER TYPE e{i}_new RENAME TO e{i};
DROP TYPE e{i}_old;
ALTER TABLE t{i} ALTER COLUMN s SET DEFAULT 'a';
""" for i in itertools.count())


def values_added():
    return (f"ALTER TYPE e{i % 10} ADD VALUE 'v{i}';\n" for i in itertools.count())


def dropped():
    return (f"DROP TABLE t{i};\n" for i in itertools.count())


def columns():
    """One table that gets column after column."""
    return (f"ALTER TABLE wide ADD COLUMN c{i} int;\n" for i in itertools.count())


def one_insert():
    yield "INSERT INTO t (a, b) VALUES (0, 'x')"
    for i in itertools.count(1):
        yield f",\n    ({i}, 'a text of some length')"


def one_chain():
    yield "SELECT 1"
    while True:
        yield " + 1"


def one_do_block():
    yield "DO $$ BEGIN\n"
    for i in itertools.count():
        yield f"    UPDATE t SET a = {i} WHERE id = {i};\n"


def one_string():
    yield "INSERT INTO t VALUES ('"
    while True:
        yield "it''s a long text; -- with; semicolons\n"


def one_comment():
    while True:
        yield "-- a comment that belongs to nothing; or so it seems\n"


def nested():
    yield "SELECT "
    while True:
        yield "("


CLOSING = {one_insert: ";\n", one_chain: ";\n", one_do_block: "END $$;\n", one_string: "');\n", nested: None}


def write(path, maker, size):
    """Write about `size` bytes of what `maker` yields; a statement that is left open is closed."""
    written = 0
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for piece in maker():
            file.write(piece)
            written += len(piece.encode())
            if written >= size:
                break
        if maker is nested:
            file.write("1" + ")" * (written - len("SELECT ")) + ";\n")
        else:
            file.write(CLOSING.get(maker, ""))
    return path
