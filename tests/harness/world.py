"""Databases to lose: one with everything in it, one with much in it, one with many tables; and what is equal about two.

Equality is looked at without Guardian: definitions by pg_dump, rows by COPY, the rest by the catalogue.
"""

import hashlib
import re
import subprocess

from . import server as servers

EVERYTHING = servers.ROOT / "tests" / "corpus" / "world" / "everything.sql"
# What decides how a value is written, so that two databases with other settings can be compared.
PINNED = """SET search_path = ''; SET datestyle = 'ISO, MDY'; SET intervalstyle = 'postgres'; SET extra_float_digits = 3;
SET bytea_output = 'hex'; SET timezone = 'UTC'; SET lc_monetary = 'C'; SET row_security = off; SET xmloption = 'content';"""


def build_everything(server, database):
    """A new database with everything in it."""
    server.run(f"CREATE DATABASE \"{database}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
    server.psql(database, "-f", str(EVERYTHING))


def build_many_tables(server, database, count):
    """Tables as an application has them: a key, an index, a foreign key to the one before, a handful of rows."""
    server.create(database)
    batch = 250
    for start in range(0, count, batch):
        server.run(
            f"""DO $do$ BEGIN FOR i IN {start}..{min(start + batch, count) - 1} LOOP
            EXECUTE format('CREATE TABLE public.t%s (id int PRIMARY KEY, a text, b int, at timestamptz DEFAULT now())', i);
            EXECUTE format('CREATE INDEX ON public.t%s (b)', i);
            IF i > 0 THEN EXECUTE format('ALTER TABLE public.t%s ADD FOREIGN KEY (b) REFERENCES public.t%s', i, i - 1); END IF;
            EXECUTE format($f$INSERT INTO public.t%s SELECT g, 'row ' || g, g FROM generate_series(1, 5) g$f$, i);
            END LOOP; END $do$""", database)


WORDS = ("the of to and a in is it you that he was for on are with as his they be at one have this from or had by hot but some what there we "
         "can out other were all your when up use word how said an each she which do their time if will way about many then them would write "
         "like so these her long make thing see him two has look more day could go come did my sound no most number who over know water than "
         "call first people may down side been now find").split()


def build_large(server, database, megabytes):
    """An application's data of about that size on disk: one table with most of it, some middling ones, JSON, prose, keys."""
    server.create(database)
    words = "ARRAY['" + "','".join(WORDS) + "']"
    link = server.connect(database)
    cursor = link.cursor()
    cursor.execute(f"""
    CREATE FUNCTION public.prose(n int, seed int) RETURNS text LANGUAGE sql AS
        $$ SELECT string_agg((({words})::text[])[1 + (hashint8(seed::bigint * 7919 + g) & 2147483647) % {len(WORDS)}], ' ') FROM generate_series(1, n) g $$;
    CREATE TYPE public.status AS ENUM ('new', 'paid', 'shipped', 'returned');
    CREATE TABLE public.customers (id int PRIMARY KEY, email text NOT NULL, name text, joined timestamptz, balance numeric(12,2), tags text[]);
    CREATE TABLE public.products (id int PRIMARY KEY, sku text, title text, price numeric(10,2), attributes jsonb);
    CREATE TABLE public.orders (id bigint PRIMARY KEY, customer int, product int, status public.status, placed timestamptz, quantity int, total numeric(12,2), note text, token uuid);
    CREATE TABLE public.audit (id bigserial PRIMARY KEY, at timestamptz, actor int, action text, payload jsonb);
    CREATE TABLE public.pages (id int PRIMARY KEY, slug text, body text, photo bytea);""")
    unit = max(1, megabytes)
    cursor.execute("""INSERT INTO public.customers SELECT i, 'user' || i || '@example.org', initcap(public.prose(2, i)), timestamptz '2020-01-01' + i * interval '7 minutes',
        (i %% 100000) / 100.0, ARRAY[public.prose(1, i), public.prose(1, -i)] FROM generate_series(1, %s) i""", (unit * 300,))
    cursor.execute("""INSERT INTO public.products SELECT i, 'SKU-' || lpad(i::text, 8, '0'), public.prose(6, i), (i %% 9973) / 10.0,
        jsonb_build_object('color', public.prose(1, i), 'weight', i %% 500, 'size', jsonb_build_array(i %% 10, i %% 20), 'eco', i %% 2 = 0) FROM generate_series(1, %s) i""", (unit * 60,))
    cursor.execute("""INSERT INTO public.orders SELECT i, 1 + (hashint8(i) & 2147483647) %% %s, 1 + (hashint8(i + 1) & 2147483647) %% %s,
        (enum_range(NULL::public.status))[1 + i %% 4], timestamptz '2021-01-01' + i * interval '11 seconds', 1 + i %% 7, ((hashint8(i) & 65535)) / 10.0,
        CASE WHEN i %% 5 = 0 THEN 'leave at the ' || (%s::text[])[1 + (hashint8(i) & 2147483647) %% %s] || ' door' END, md5(i::text)::uuid FROM generate_series(1, %s) i""",
                   (unit * 300, unit * 60, WORDS, len(WORDS), unit * 4200))
    cursor.execute("""INSERT INTO public.audit (at, actor, action, payload) SELECT timestamptz '2022-01-01' + i * interval '3 seconds', (hashint4(i) & 65535), 'order.' || (enum_range(NULL::public.status))[1 + i %% 4],
        jsonb_build_object('request', md5(i::text), 'ip', '10.0.' || i %% 256 || '.' || i %% 199, 'path', '/api/v1/orders/' || i, 'agent', 'Mozilla/5.0 (X11; Linux x86_64)', 'ms', i %% 977) FROM generate_series(1, %s) i""", (unit * 900,))
    cursor.execute("""INSERT INTO public.pages SELECT i, 'page-' || i, public.prose(400, i), decode(repeat(md5(i::text), 40), 'hex') FROM generate_series(1, %s) i""", (unit * 24,))
    cursor.execute("""CREATE INDEX ON public.orders (customer); CREATE INDEX ON public.orders (placed); CREATE INDEX ON public.orders (status, placed);
    CREATE UNIQUE INDEX ON public.customers (email); CREATE INDEX ON public.audit USING gin (payload jsonb_path_ops) WHERE actor < 500; CREATE INDEX ON public.audit (at);
    ALTER TABLE public.orders ADD FOREIGN KEY (customer) REFERENCES public.customers; ALTER TABLE public.orders ADD FOREIGN KEY (product) REFERENCES public.products;""")
    cursor.execute("VACUUM ANALYZE")
    cursor.execute("CHECKPOINT")
    link.close()


def definitions(server, database, pg_dump="pg_dump"):
    """What pg_dump says of everything but rows, without what differs from one run to the next."""
    ran = subprocess.run([pg_dump, "-s", "-d", database], env=server.env(database), capture_output=True, text=True, check=True)
    kept = [line for line in ran.stdout.splitlines()
            if not re.match(r"\\(un)?restrict |-- Dumped (from|by) |^$", line)]
    return "\n".join(kept)


def database_itself(server, database):
    """Settings, comment and privileges of the database, which a dump without -C leaves out."""
    return server.run("""SELECT d.encoding, d.datcollate, d.datctype, pg_get_userbyid(d.datdba), shobj_description(d.oid, 'pg_database'), d.datacl::text,
        (SELECT array_agg(coalesce(r.rolname::text, '') || ':' || s.setconfig::text ORDER BY 1) FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE s.setdatabase = d.oid)
        FROM pg_database d WHERE datname = %s""", "postgres", [database])


TABLES = """SELECT format('%I.%I', n.nspname, c.relname), c.oid,
  (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (c.relkind = 'r' AND NOT EXISTS (
        SELECT FROM pg_inherits i JOIN pg_partitioned_table p ON p.partrelid = i.inhparent WHERE i.inhrelid = c.oid AND p.partstrat = 'h')
     OR c.relkind = 'p' AND EXISTS (SELECT FROM pg_partitioned_table p WHERE p.partrelid = c.oid AND p.partstrat = 'h')) ORDER BY 1"""


def contents(server, database):
    """Table -> (rows, hash of the sorted rows); sequences, large objects and populated views likewise."""
    link = server.connect(database, autocommit=False)
    cursor = link.cursor()
    cursor.execute(PINNED)
    cursor.execute(TABLES)
    found = {}
    for name, oid, columns in cursor.fetchall():
        lines = _Lines()
        cursor.execute("SELECT relkind FROM pg_class WHERE oid = %s", (oid,))
        only = "" if cursor.fetchone()[0] == "p" else "ONLY "
        cursor.copy_expert(f"COPY (SELECT {columns or ''} FROM {only}{name}) TO STDOUT", lines)
        found[name] = lines.summary()
    cursor.execute("SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences ORDER BY 1")
    for name, _ in cursor.fetchall():
        cursor.execute(f"SELECT last_value, is_called FROM {name}")
        found["sequence " + name] = cursor.fetchone()
    cursor.execute("SELECT oid, lomowner::regrole::text, lomacl::text, md5(lo_get(oid)), obj_description(oid, 'pg_largeobject') FROM pg_largeobject_metadata")
    for row in cursor.fetchall():
        found[f"large object {row[0]}"] = row[1:]
    cursor.execute("SELECT format('%I.%I', schemaname, matviewname), ispopulated FROM pg_matviews")
    found.update({"view " + name: populated for name, populated in cursor.fetchall()})
    cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
    found["invalid indexes"] = sorted(row[0] for row in cursor.fetchall())
    cursor.execute("SELECT conrelid::regclass::text || '.' || conname, convalidated FROM pg_constraint WHERE conrelid <> 0 AND contype <> 'n' AND conparentid = 0 AND connamespace::regnamespace::text !~ '^(pg_|information_schema)'")
    found.update({"constraint " + name: valid for name, valid in cursor.fetchall()})
    link.close()
    return found


class _Lines:
    """Takes COPY text; 20,000 short rows or one long one arrive in pieces that need not end at a line."""

    def __init__(self):
        self.rest, self.hashes = b"", []

    def write(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.hashes += [hashlib.blake2b(line, digest_size=8).digest() for line in lines]

    def summary(self):
        assert not self.rest
        return len(self.hashes), hashlib.sha256(b"".join(sorted(self.hashes))).hexdigest()


def differences(server, one, other, server_of_other=None):
    """What is not equal about two databases: [] when they are."""
    there = server_of_other or server
    left, right = contents(server, one), contents(there, other)
    found = [f"{name}: {left.get(name)} against {right.get(name)}" for name in sorted({*left, *right}) if left.get(name) != right.get(name)]
    return found
