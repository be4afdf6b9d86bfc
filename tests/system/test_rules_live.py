"""What the live catalogue changes in an answer: work found done is none, and what only looks done is not.

Each case is one script on the corpus fixture; the answer is that of its last statement.
"""

import pytest

from harness import guardian as binary

# script, class, loses, a piece of what is said (reason, notes, what goes along) or None
CASES = [
    # CREATE … IF NOT EXISTS
    ("CREATE TABLE IF NOT EXISTS app.settings (key text PRIMARY KEY, value jsonb NOT NULL)", "none", "nothing", "there already"),
    ("CREATE TABLE IF NOT EXISTS app.settings (key text PRIMARY KEY, value json NOT NULL)", "none", "nothing", "app.settings.value is jsonb, not json"),
    ("CREATE TABLE IF NOT EXISTS app.settings (key text PRIMARY KEY, extra int)", "none", "nothing", "has no column extra"),
    ("CREATE TABLE IF NOT EXISTS public.users (nickname text NOT NULL)", "none", "nothing", "public.users.nickname allows NULL"),
    ("CREATE TABLE IF NOT EXISTS public.products (id serial, sku varchar(20), price app.positive_amount, weight float8)", "none", "nothing", None),
    ("CREATE TABLE IF NOT EXISTS app.brand_new (id int)", "additive", "nothing", None),
    ("CREATE TABLE app.settings (key text)", "additive", "nothing", "fails with 42P07"),
    ("CREATE TABLE IF NOT EXISTS app.copied AS SELECT 1", "additive", "nothing", None),
    ("CREATE TABLE IF NOT EXISTS app.settings AS SELECT 1 AS one", "none", "nothing", "there already"),
    ("CREATE INDEX IF NOT EXISTS users_name_idx ON public.users (name)", "none", "nothing", "there already"),
    ("CREATE INDEX IF NOT EXISTS users_name_idx ON public.users (age)", "none", "nothing", "differs"),
    ("CREATE UNIQUE INDEX IF NOT EXISTS users_name_idx ON public.users (name)", "none", "nothing", "is not UNIQUE"),
    ("CREATE INDEX IF NOT EXISTS users_name_idx ON public.orders (total)", "none", "nothing", "is no index of public.orders"),
    ("CREATE INDEX IF NOT EXISTS users_age_idx ON public.users (age)", "additive", "nothing", None),
    ("CREATE INDEX ON public.users (age)", "additive", "nothing", "one more index"),
    ("CREATE SEQUENCE IF NOT EXISTS app.spare_seq", "none", "nothing", "there already"),
    ("CREATE MATERIALIZED VIEW IF NOT EXISTS public.product_sales AS SELECT 1 AS one", "none", "nothing", "only the name"),
    ("CREATE STATISTICS IF NOT EXISTS app.orders_stats ON user_id, status FROM public.orders", "none", "nothing", "there already"),
    ("ALTER TYPE app.mood ADD VALUE IF NOT EXISTS 'ok'", "none", "nothing", "already"),
    ("ALTER TYPE app.mood ADD VALUE 'ok'", "enum", "nothing", "42710"),
    ("ALTER TYPE app.mood ADD VALUE 'new' AFTER 'missing'", "enum", "nothing", "22023"),
    ("ALTER TYPE app.mood RENAME VALUE 'missing' TO 'ok'", "enum", "definition", "22023"),
    # DROP of what is not there, is fresh, is empty
    ("DROP TABLE IF EXISTS public.missing", "none", "nothing", "there is no table"),
    ("DROP TABLE IF EXISTS public.missing, public.duplicates", "destructive", "data", None),
    ("DROP TABLE public.missing", "none", "nothing", "fails"),
    ("DROP TABLE public.empty_table", "destructive", "data", None),
    ("CREATE TABLE app.made (id int); DROP TABLE app.made", "none", "nothing", None),
    ("CREATE TABLE IF NOT EXISTS app.settings (id int); DROP TABLE app.settings", "destructive", "data", None),
    ("CREATE TEMP TABLE orders (id int); DROP TABLE orders", "none", "nothing", None),
    ("CREATE TEMP TABLE orders (id int); DROP TABLE public.orders CASCADE", "destructive", "data", "orders_audit"),
    ("CREATE TEMP TABLE orders (id int); DROP TABLE orders; DROP TABLE orders", "destructive", "data", None),
    ("DROP VIEW IF EXISTS public.missing", "none", "nothing", "there is no view"),
    ("DROP INDEX public.users_email_key", "destructive", "definition", "2BP01"),
    ("DROP TYPE IF EXISTS app.missing CASCADE", "none", "nothing", "there is no type"),
    ("DROP TYPE app.mood CASCADE", "enum", "definition", "no column"),
    ("DROP TYPE app.priority CASCADE", "destructive", "data", "app.tickets.levels"),
    ("DROP TYPE public.order_status", "enum", "definition", "2BP01"),
    ("DROP DOMAIN app.spare_domain CASCADE", "destructive", "definition", "no column"),
    ("DROP DOMAIN app.positive_amount CASCADE", "destructive", "data", "public.products.gross"),
    ("DROP VIEW public.active_users CASCADE", "destructive", "definition", "view public.active_emails"),
    ("DROP SEQUENCE app.ticket_no_seq CASCADE", "destructive", "sequence", "app.tickets.no"),
    ("DROP STATISTICS IF EXISTS app.missing", "none", "nothing", "no such statistics"),
    ("DROP TABLE public.events", "destructive", "data", "without CASCADE"),
    ("DROP TABLE public.events_2024", "destructive", "data", "from the parent"),
    # views: the same, and not quite the same
    ("CREATE OR REPLACE VIEW active_users AS SELECT id, email, name FROM users WHERE is_active AND deleted_at IS NULL", "none", "nothing", "the same"),
    ("CREATE OR REPLACE VIEW active_users AS SELECT u.id, u.email, u.name FROM users u WHERE is_active AND deleted_at IS NULL", "destructive", "definition", None),
    ("CREATE OR REPLACE VIEW active_users AS SELECT id, email, name FROM users WHERE is_active OR deleted_at IS NULL", "destructive", "definition", None),
    ("CREATE OR REPLACE VIEW active_users AS SELECT id, name, email FROM users WHERE is_active AND deleted_at IS NULL", "destructive", "definition", None),
    ("CREATE OR REPLACE VIEW active_users AS SELECT id, email, name FROM users WHERE is_active AND deleted_at IS NULL LIMIT 5", "destructive", "definition", None),
    ("CREATE OR REPLACE VIEW active_users WITH (security_barrier) AS SELECT id, email, name FROM users WHERE is_active AND deleted_at IS NULL", "destructive", "definition", None),
    ("CREATE OR REPLACE VIEW active_users AS SELECT id, email, name FROM users WHERE is_active AND deleted_at IS NULL WITH CHECK OPTION", "destructive", "definition", None),
    ("CREATE OR REPLACE VIEW active_users (a, b, c) AS SELECT id, email, name FROM users WHERE is_active AND deleted_at IS NULL", "destructive", "definition", None),
    ("CREATE OR REPLACE VIEW order_summary AS SELECT u.id AS user_id, count(o.id) AS orders, sum(o.total) AS total FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id", "none", "nothing", "the same"),
    ("CREATE OR REPLACE VIEW order_summary AS SELECT u.id AS user_id, count(o.id) AS orders, sum(o.total) AS total FROM users u JOIN orders o ON o.user_id = u.id GROUP BY u.id", "destructive", "definition", None),
    ("CREATE OR REPLACE VIEW app.missing AS SELECT 1 AS one", "additive", "nothing", "no view"),
    # domains
    ("ALTER DOMAIN app.positive_amount SET DEFAULT 0", "none", "nothing", "already so"),
    ("ALTER DOMAIN app.spare_domain SET DEFAULT 0", "additive", "nothing", "no default"),
    ("ALTER DOMAIN app.spare_domain DROP DEFAULT", "none", "nothing", "no default"),
    ("ALTER DOMAIN app.spare_domain DROP NOT NULL", "none", "nothing", "already"),
    ("ALTER DOMAIN app.positive_amount DROP CONSTRAINT IF EXISTS missing", "none", "nothing", "no constraint"),
    ("ALTER DOMAIN app.positive_amount VALIDATE CONSTRAINT amount_not_negative", "none", "nothing", "valid already"),
    ("ALTER TYPE app.point3 OWNER TO postgres", "none", "nothing", "owns it already"),
    # the same thing made again
    ("DROP VIEW public.active_emails; DROP VIEW active_users; CREATE VIEW active_users AS SELECT id, email, name FROM users WHERE is_active AND deleted_at IS NULL", "none", "nothing", "unchanged"),
    ("DROP VIEW public.active_emails; DROP VIEW active_users; CREATE VIEW active_users AS SELECT id, email FROM users WHERE is_active AND deleted_at IS NULL", "additive", "nothing", None),
    ("DROP VIEW public.active_emails; DROP VIEW active_users; CREATE VIEW active_users AS SELECT id, email, name FROM users WHERE is_active AND deleted_at IS NULL WITH CHECK OPTION", "additive", "nothing", None),
    ("DROP VIEW active_users CASCADE; CREATE VIEW active_users AS SELECT id, email, name FROM users WHERE is_active AND deleted_at IS NULL", "additive", "nothing", None),
    ("ALTER SEQUENCE app.ticket_no_seq OWNED BY NONE", "none", "nothing", "belongs to no column already"),
    ("ALTER SEQUENCE app.ticket_no_seq OWNED BY app.tickets.no", "destructive", "definition", None),
    ("ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id", "none", "nothing", "belongs to public.users.id already"),
    ("ALTER SEQUENCE public.users_id_seq OWNED BY NONE", "destructive", "definition", None),
    # privileges
    ("GRANT USAGE ON SCHEMA app TO corpus_app", "none", "nothing", "holds these privileges already"),
    ("GRANT USAGE ON SCHEMA app TO corpus_app WITH GRANT OPTION", "additive", "nothing", None),
    ("GRANT ALL ON SCHEMA app TO corpus_app", "additive", "nothing", None),
    ("GRANT USAGE ON SCHEMA app, public TO corpus_reader", "additive", "nothing", None),
    ("DROP SCHEMA app CASCADE; CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO corpus_app", "additive", "nothing", None),
    ("GRANT SELECT ON public.users TO corpus_reader", "none", "nothing", "holds these privileges already"),
    ("GRANT SELECT, UPDATE ON public.users TO corpus_reader", "additive", "nothing", None),
    ("GRANT SELECT ON ALL TABLES IN SCHEMA public TO corpus_reader", "additive", "nothing", None),
    ("GRANT SELECT ON ALL TABLES IN SCHEMA granted TO corpus_reader", "none", "nothing", "holds these privileges already"),
    ("GRANT ALL ON ALL TABLES IN SCHEMA granted TO corpus_app", "none", "nothing", "holds these privileges already"),
    ("GRANT ALL ON ALL TABLES IN SCHEMA granted, app TO corpus_app", "additive", "nothing", None),
    ("CREATE TABLE granted.third (id int); GRANT SELECT ON ALL TABLES IN SCHEMA granted TO corpus_reader", "additive", "nothing", None),
    ("CREATE TABLE IF NOT EXISTS granted.first (id int); GRANT SELECT ON ALL TABLES IN SCHEMA granted TO corpus_reader", "none", "nothing", None),
    ("GRANT USAGE ON ALL SEQUENCES IN SCHEMA granted TO corpus_reader", "additive", "nothing", None),
    ("GRANT SELECT ON ALL SEQUENCES IN SCHEMA granted TO corpus_reader", "none", "nothing", None),
    ("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA granted TO corpus_reader", "additive", "nothing", None),
    ("GRANT EXECUTE ON ALL PROCEDURES IN SCHEMA granted TO corpus_reader", "none", "nothing", None),
    ("GRANT EXECUTE ON ALL ROUTINES IN SCHEMA granted TO corpus_reader", "additive", "nothing", None),
    ("GRANT EXECUTE ON ALL ROUTINES IN SCHEMA granted TO corpus_app", "none", "nothing", None),
    ("ALTER SCHEMA granted RENAME TO moved; GRANT SELECT ON ALL TABLES IN SCHEMA granted TO corpus_reader", "additive", "nothing", None),
    ("GRANT CONNECT ON DATABASE rules_live TO corpus_reader", "none", "nothing", "holds these privileges already"),
    ("GRANT CONNECT, TEMP ON DATABASE rules_live TO corpus_reader", "additive", "nothing", None),
    ("GRANT CONNECT ON DATABASE postgres TO corpus_reader", "additive", "nothing", None),
    ("REVOKE CREATE ON DATABASE rules_live FROM PUBLIC", "none", "nothing", "holds none of these privileges"),
    ("REVOKE ALL ON DATABASE rules_live FROM PUBLIC", "destructive", "definition", None),
    ("REVOKE CREATE ON SCHEMA app FROM corpus_app", "none", "nothing", "holds none of these privileges"),
    ("REVOKE CREATE ON SCHEMA app FROM corpus_app; GRANT USAGE ON SCHEMA app TO corpus_app", "none", "nothing", None),
    ("REVOKE ALL ON SCHEMA app FROM corpus_app", "destructive", "definition", None),
    ("REVOKE GRANT OPTION FOR USAGE ON SCHEMA app FROM corpus_app", "none", "nothing", None),
    ("REVOKE CREATE ON SCHEMA app FROM corpus_app, who_is_not_there", "destructive", "definition", None),
    ("REVOKE CREATE ON SCHEMA app, nowhere FROM corpus_app", "destructive", "definition", None),
    ("REVOKE USAGE ON SCHEMA given_twice FROM corpus_reader", "destructive", "definition", None),
    ("REVOKE CREATE ON SCHEMA given_twice FROM corpus_reader", "destructive", "definition", None),
    ("REVOKE EXECUTE ON FUNCTION granted.f() FROM corpus_reader", "none", "nothing", "holds none of these privileges"),
    ("REVOKE EXECUTE ON FUNCTION granted.f() FROM PUBLIC", "destructive", "definition", None),
    ("REVOKE SELECT ON granted.first FROM corpus_owner", "destructive", "definition", None),  # its columns are not known
    ("REVOKE USAGE ON SCHEMA \"app\" FROM \"corpus-odd\"", "destructive", "definition", None),
    ("ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO corpus_reader", "none", "nothing", "carry these privileges already"),
    ("ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA app GRANT SELECT ON TABLES TO corpus_reader", "none", "nothing", None),
    ("ALTER DEFAULT PRIVILEGES FOR ROLE corpus_owner IN SCHEMA app GRANT SELECT ON TABLES TO corpus_reader", "additive", "nothing", None),
    ("ALTER DEFAULT PRIVILEGES IN SCHEMA app, public GRANT SELECT ON TABLES TO corpus_reader", "additive", "nothing", None),
    ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO corpus_reader", "additive", "nothing", None),
    ("ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON SEQUENCES TO corpus_reader", "additive", "nothing", None),
    ("ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT, INSERT ON TABLES TO corpus_reader", "additive", "nothing", None),
    ("SET ROLE corpus_owner; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO corpus_reader", "additive", "nothing", None),
    # rows
    ("INSERT INTO app.settings VALUES ('a', '1')", "additive", "nothing", None),
    ("INSERT INTO public.empty_table (id) VALUES (1) ON CONFLICT DO NOTHING", "additive", "nothing", None),
    ("TRUNCATE public.coupons", "destructive", "data", "0A000"),
    ("TRUNCATE public.coupons CASCADE", "destructive", "data", "all rows of table public.order_items"),
    ("CREATE TABLE app.made (id int); INSERT INTO app.made VALUES (1); DELETE FROM app.made", "none", "nothing", None),
    ("CREATE TEMP TABLE made (id int); TRUNCATE made", "none", "nothing", None),
    ("REFRESH MATERIALIZED VIEW CONCURRENTLY app.unfilled_sales", "none", "nothing", "55000"),
    ("REFRESH MATERIALIZED VIEW app.unfilled_sales WITH NO DATA", "none", "nothing", "holds nothing"),
    ("DELETE FROM pg_catalog.pg_enum", "unknown", "data", None),
]


def said(statement):
    """Everything that a reader is told about a statement."""
    texts = [statement["reason"], *statement.get("notes", []), *statement.get("takes", [])]
    for finding in statement["findings"]:
        texts += [finding["reason"], *finding.get("notes", []), *finding.get("takes", []), *finding.get("fires", [])]
    return "\n".join(texts)


@pytest.fixture(scope="module")
def fixture_database(server):
    server.create("rules_live", server.load_fixture())
    server.run("""CREATE SCHEMA granted; CREATE TABLE granted.first (id int); CREATE VIEW granted.second AS SELECT 1 AS one; CREATE SEQUENCE granted.numbers;
        CREATE FUNCTION granted.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT SELECT ON ALL TABLES IN SCHEMA granted TO corpus_reader; GRANT ALL ON ALL TABLES IN SCHEMA granted TO corpus_app;
        GRANT CONNECT ON DATABASE rules_live TO corpus_reader; CREATE SCHEMA given_twice; GRANT ALL ON SCHEMA given_twice TO corpus_app WITH GRANT OPTION;
        GRANT USAGE ON SCHEMA given_twice TO corpus_reader; SET ROLE corpus_app; GRANT CREATE ON SCHEMA given_twice TO corpus_reader; RESET ROLE;
        GRANT SELECT ON ALL SEQUENCES IN SCHEMA granted TO corpus_reader; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA granted TO corpus_app""", "rules_live")
    yield "rules_live"
    server.drop("rules_live")


@pytest.mark.parametrize("script, wanted, loses, piece", CASES, ids=[case[0][:90] for case in CASES])
def test_the_catalogue_sharpens_the_answer(script, wanted, loses, piece, server, fixture_database, guardian, tmp_path):
    path = tmp_path / "change.sql"
    path.write_text(script + ";\n")
    statement = binary.statements(binary.classify(guardian, path, "--db", server.uri(fixture_database)))[-1]
    assert (statement["class"], statement["loses"]) == (wanted, loses), said(statement)
    assert piece is None or piece in said(statement), said(statement)


@pytest.mark.parametrize("script, wanted, loses, piece", CASES, ids=[case[0][:90] for case in CASES])
def test_without_it_the_answer_is_never_milder(script, wanted, loses, piece, guardian, tmp_path):
    """What the text alone says may be worse than what the catalogue knows, not better."""
    order = ["none", "additive", "enum", "destructive", "unknown"]
    path = tmp_path / "change.sql"
    path.write_text(script + ";\n")
    statement = binary.statements(binary.classify(guardian, path))[-1]
    assert order.index(statement["class"]) >= order.index(wanted), said(statement)


# A view as it stands, the new text, and whether both surely say the same.
VIEWS = [
    ("SELECT id FROM t WHERE note = 'x'", "SELECT id FROM t WHERE note = 'x'", True),
    ("SELECT id FROM t WHERE code = 'x'", "SELECT id FROM t WHERE code = 'x'", True),
    ("SELECT id FROM t WHERE feeling = 'ok'", "SELECT id FROM t WHERE feeling = 'ok'", True),
    ("SELECT id FROM t WHERE born > '2024-01-01'", "SELECT id FROM t WHERE born > '2024-01-01'", True),
    ("SELECT id FROM t WHERE born > '2024-01-01'", "SELECT id FROM t WHERE born > '2024-01-02'", False),
    ("SELECT id FROM t WHERE born > timestamp '2024-01-01 10:00'", "SELECT id FROM t WHERE born > '2024-01-01 10:00'", False),
    ("SELECT id FROM t WHERE note = 'x'", "SELECT id FROM t WHERE code = 'x'", False),
    ("SELECT id, lower(note) FROM t", "SELECT id, lower(note) FROM t", True),
    ("SELECT id, lower(note) FROM t", "SELECT id, lower(note) AS low FROM t", False),
    ("SELECT lower(note) AS note FROM t ORDER BY t.note", "SELECT lower(note) AS note FROM t ORDER BY note", False),
    ("SELECT id, note FROM t ORDER BY note", "SELECT id, note FROM t ORDER BY note", True),
    ("SELECT id, note FROM t ORDER BY note", "SELECT id, note FROM t ORDER BY note DESC", False),
    ("SELECT t.id FROM t JOIN u ON u.tid = t.id", "SELECT id FROM t JOIN u ON tid = id", True),
    ("SELECT t.id FROM t LEFT JOIN u ON u.tid = t.id", "SELECT id FROM t JOIN u ON tid = id", False),
    ("SELECT count(*) AS n FROM t", "SELECT count(*) AS n FROM u", False),
    ("SELECT id FROM t WHERE id > 1", "SELECT id FROM ONLY t WHERE id > 1", False),
]


@pytest.mark.parametrize("there, new, same", VIEWS)
def test_a_view_is_the_same_only_when_that_is_certain(there, new, same, server, database, guardian, tmp_path):
    link = server.connect(database)
    with link.cursor() as cursor:
        cursor.execute("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (id int, note text, code varchar(9), feeling mood, born date);"
                       f"CREATE TABLE u (tid int); CREATE VIEW v AS {there}")
    link.close()
    path = tmp_path / "change.sql"
    path.write_text(f"CREATE OR REPLACE VIEW v AS {new};\n")
    statement = binary.statements(binary.classify(guardian, path, "--db", server.uri(database)))[0]
    assert (statement["class"] == "none") == same, said(statement)
