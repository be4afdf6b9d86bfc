-- The fixture of the corpus: one small shop with one of every kind of object that a schema change can meet.
--
-- Loaded as superuser into an empty database (PostgreSQL 13 to 18, postgresql-contrib), by tests/harness; every
-- corpus statement is written against these names. Names and counts are a contract: add objects, do not rename them.
--
-- roles       corpus_owner (owns public.owned_notes), corpus_app (login), corpus_reader (member of corpus_app), corpus_spare (owns nothing)
-- schemas     public, app, archive, spare (empty)
-- extensions  citext hstore btree_gist pg_trgm dblink postgres_fdw (all in schema public)
-- enums       public.user_role (user admin moderator; used by users.role, 'moderator' by no row)
--             public.order_status (pending paid shipped cancelled; used by orders.status, default, partial index)
--             app.mood (sad ok happy; used by nothing)        app.priority (low high; used by the array tickets.levels)
-- domains     app.email_address (text, CHECK has @; used by app.contacts.email)   app.positive_amount (numeric(12,2) >= 0; products.price)
--             app.spare_domain (int; used by nothing)
-- composites  app.address (street, city, zip; users.home)     app.point3 (x, y, z; used by nothing)
--             app.pair (k, v; app.pairs is a table OF it)
-- ranges      app.float_range
-- tables      public.users        200 rows   id identity, email unique, name varchar(100) NOT NULL, nickname (NULL in half), age int, balance numeric(10,2),
--                                            role, tags text[], settings jsonb, payload json, note char(10), home app.address, login_name citext,
--                                            birth date, last_ip inet, is_active, created_at timestamptz, updated_at timestamptz, deleted_at (all NULL), search tsvector generated
--             public.orders       400 rows   id bigint identity always, user_id → users ON DELETE CASCADE ON UPDATE CASCADE, status, total numeric(12,2),
--                                            placed_at timestamp, shipped_on date, coupon_code → coupons ON DELETE SET NULL, comment text
--             public.order_items  800 rows   (order_id, product_id) primary key, → orders CASCADE, → products RESTRICT, quantity smallint, unit_price
--             public.products     50 rows    id serial, sku varchar(20) unique, name, price, weight float8, stock int CHECK, attributes hstore, gross generated
--             public.categories   10 rows    id serial, parent_id → categories, name unique       public.product_categories 50 rows
--             public.coupons      5 rows     code primary key, discount real, valid tstzrange, EXCLUDE constraint coupons_no_overlap
--             public.audit_log    some rows  written by the trigger orders_audit
--             public.empty_table  0 rows     id int, note text, amount numeric(10,2)
--             public.duplicates   10 rows    id int, code text: repeated codes, two NULLs, no key
--             public.loose_items  10 rows    id int primary key, user_id int: three orphans; loose_items_user_fk ON DELETE SET NULL NOT VALID
--             public.big_counts   20 rows    id int primary key, small smallint, n int, big bigint, ratio real, label text (digits), stamp timestamp, bits varbit(8)
--             public.owned_notes  5 rows     owned by corpus_owner: id int, note text
--             app.settings (key primary key, value jsonb) 5 rows · app.contacts 10 rows · app.tickets 20 rows (row level security on)
--             app.sessions (unlogged) 5 rows · app.pairs (typed) 3 rows · app.remote_orders (foreign) · archive.old_orders 10 rows
--             public.clustered    20 rows    clustered on clustered_pkey, fillfactor 90
-- partitions  public.events BY RANGE (at): events_2024, events_2025, events_default (30 rows); public.events_2026 is a plain table, ready to attach
--             public.regions BY LIST (code), no default: regions_eu, regions_us (10 rows)
-- inheritance public.vehicles ← public.cars; public.bikes has the same columns and no parent
-- views       public.active_users, public.active_emails (on active_users), public.order_summary, app.spare_view (nothing uses it)
-- matviews    public.product_sales (unique index product_sales_key), app.unfilled_sales (WITH NO DATA)
-- functions   app.add(int,int) sql immutable · app.slug(text) plpgsql immutable · app.order_total(bigint) sql stable · app.next_code() sql volatile
--             app.purge_users() plpgsql volatile, deletes all users · app.gross(numeric) sql immutable (generated column products.gross)
--             app.touch() and app.audit() triggers · app.spare_fn() sql (nothing uses it) · app.spare_trigger_fn()
-- procedures  app.archive_orders(date) · app.archive_and_commit() (has COMMIT) · app.spare_proc()
-- aggregate   app.product_of(int)            operator  app.=== (int, int)       cast  app.pair AS text
-- triggers    users_touch (BEFORE UPDATE users) · orders_audit (AFTER INSERT OR UPDATE OR DELETE orders) · order_items_check (constraint trigger)
-- rules       old_orders_keep (ON DELETE TO archive.old_orders DO INSTEAD NOTHING)
-- policies    tickets_own, tickets_admin ON app.tickets
-- event trg   corpus_noop (disabled)
-- sequences   app.ticket_no_seq (default of tickets.no), app.spare_seq (nothing uses it), those of serial and identity columns
-- indexes     users_name_idx, users_lower_email_idx (expression), orders_open_idx (partial), products_name_trgm_idx (gin), orders_user_idx,
--             events_kind_idx (partitioned), audit_log_at_brin
-- constraints users_age_check, orders_total_check (NOT VALID), products_stock_check, users_email_key (unique), loose_items_user_fk (NOT VALID)
-- others      publication corpus_pub (users, orders), statistics app.orders_stats, collation app.plain, text search configuration app.words,
--             foreign server corpus_server, large object 990001, comments on users and users.email

SET client_min_messages = warning;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';

DO $$
DECLARE
    r text;
BEGIN
    FOREACH r IN ARRAY ARRAY['corpus_owner', 'corpus_app', 'corpus_reader', 'corpus_spare'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', r);
        END IF;
    END LOOP;
END $$;
ALTER ROLE corpus_app LOGIN;
GRANT corpus_app TO corpus_reader;

CREATE EXTENSION citext SCHEMA public;
CREATE EXTENSION hstore SCHEMA public;
CREATE EXTENSION btree_gist SCHEMA public;
CREATE EXTENSION pg_trgm SCHEMA public;
CREATE EXTENSION dblink SCHEMA public;
CREATE EXTENSION postgres_fdw SCHEMA public;

CREATE SCHEMA app;
CREATE SCHEMA archive;
CREATE SCHEMA spare;

-- types
CREATE TYPE public.user_role AS ENUM ('user', 'admin', 'moderator');
CREATE TYPE public.order_status AS ENUM ('pending', 'paid', 'shipped', 'cancelled');
CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE app.priority AS ENUM ('low', 'high');
CREATE DOMAIN app.email_address AS text CONSTRAINT email_has_at CHECK (VALUE ~ '@');
CREATE DOMAIN app.positive_amount AS numeric(12, 2) DEFAULT 0 CONSTRAINT amount_not_negative CHECK (VALUE >= 0);
CREATE DOMAIN app.spare_domain AS int;
CREATE TYPE app.address AS (street text, city text, zip text);
CREATE TYPE app.point3 AS (x int, y int, z int);
CREATE TYPE app.pair AS (k text, v text);
CREATE TYPE app.float_range AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE COLLATION app.plain FROM "C";

-- functions that tables need
CREATE FUNCTION app.gross(net numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT net * 1.2';
CREATE FUNCTION app.add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION app.slug(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN lower(regexp_replace(t, '[^a-zA-Z0-9]+', '-', 'g'));
END $$;

-- the shop
CREATE TABLE public.users (
    id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    email text NOT NULL CONSTRAINT users_email_key UNIQUE,
    name varchar(100) NOT NULL,
    nickname text,
    age int CONSTRAINT users_age_check CHECK (age >= 0),
    balance numeric(10, 2) DEFAULT 0.00,
    role public.user_role NOT NULL DEFAULT 'user',
    tags text[] NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL DEFAULT '{}',
    payload json,
    note char(10),
    home app.address,
    login_name citext,
    birth date,
    last_ip inet,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    deleted_at timestamptz,
    search tsvector GENERATED ALWAYS AS (to_tsvector('english'::regconfig, coalesce(email, '') || ' ' || coalesce(nickname, ''))) STORED
);
INSERT INTO public.users (email, name, nickname, age, balance, role, tags, settings, payload, note, home, login_name, birth, last_ip, created_at)
SELECT 'user' || i || '@example.org', 'User Number ' || i, CASE WHEN i % 2 = 0 THEN 'nick' || i END, 18 + i % 60, i * 1.37,
       CASE WHEN i % 50 = 0 THEN 'admin' ELSE 'user' END::public.user_role, ARRAY['t' || i % 5, 'all'],
       jsonb_build_object('theme', 'dark', 'n', i), '{"b": 1,  "a": 2, "b": 3}', 'n' || i,
       ROW('Street ' || i, 'City ' || i % 7, lpad(i::text, 5, '0'))::app.address, 'Login' || i,
       date '1980-01-01' + i * 30, ('10.0.0.' || i % 250 || '/24')::inet, timestamptz '2024-01-01 00:00+00' + i * interval '1 hour'
FROM generate_series(1, 200) AS i;
CREATE INDEX users_name_idx ON public.users (name);
CREATE INDEX users_lower_email_idx ON public.users (lower(email));
COMMENT ON TABLE public.users IS 'People who buy';
COMMENT ON COLUMN public.users.email IS 'Unique, as typed';

CREATE TABLE public.coupons (
    code text PRIMARY KEY,
    discount real NOT NULL,
    valid tstzrange NOT NULL,
    CONSTRAINT coupons_no_overlap EXCLUDE USING gist (code WITH =, valid WITH &&)
);
INSERT INTO public.coupons
SELECT 'C' || i, i / 10.0, tstzrange('2024-01-01', '2025-01-01') FROM generate_series(1, 5) AS i;

CREATE TABLE public.products (
    id serial PRIMARY KEY,
    sku varchar(20) NOT NULL CONSTRAINT products_sku_key UNIQUE,
    name text NOT NULL,
    price app.positive_amount NOT NULL,
    weight double precision,
    stock int NOT NULL DEFAULT 0 CONSTRAINT products_stock_check CHECK (stock >= 0),
    attributes hstore,
    gross numeric GENERATED ALWAYS AS (app.gross(price)) STORED
);
INSERT INTO public.products (sku, name, price, weight, stock, attributes)
SELECT 'SKU-' || lpad(i::text, 4, '0'), 'Product ' || i, i * 3.33, i * 0.25 + 0.001, i * 2, hstore('colour', CASE WHEN i % 2 = 0 THEN 'red' ELSE 'blue' END)
FROM generate_series(1, 50) AS i;
CREATE INDEX products_name_trgm_idx ON public.products USING gin (name gin_trgm_ops);

CREATE TABLE public.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id int NOT NULL CONSTRAINT orders_user_fk REFERENCES public.users (id) ON DELETE CASCADE ON UPDATE CASCADE,
    status public.order_status NOT NULL DEFAULT 'pending',
    total numeric(12, 2) NOT NULL DEFAULT 0,
    placed_at timestamp NOT NULL DEFAULT now(),
    shipped_on date,
    coupon_code text CONSTRAINT orders_coupon_fk REFERENCES public.coupons (code) ON DELETE SET NULL,
    comment text DEFAULT ''
);
INSERT INTO public.orders (user_id, status, total, placed_at, shipped_on, coupon_code)
SELECT 1 + i % 200, (ARRAY['pending', 'paid', 'shipped', 'cancelled'])[1 + i % 4]::public.order_status, i * 2.55,
       timestamp '2024-02-01 10:00' + i * interval '37 minutes', CASE WHEN i % 4 = 2 THEN date '2024-03-01' + i % 30 END,
       CASE WHEN i % 20 = 0 THEN 'C' || 1 + i % 5 END
FROM generate_series(1, 400) AS i;
ALTER TABLE public.orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
CREATE INDEX orders_user_idx ON public.orders (user_id);
CREATE INDEX orders_open_idx ON public.orders (placed_at) WHERE status = 'pending';

CREATE TABLE public.order_items (
    order_id bigint NOT NULL REFERENCES public.orders (id) ON DELETE CASCADE,
    product_id int NOT NULL REFERENCES public.products (id) ON DELETE RESTRICT,
    quantity smallint NOT NULL DEFAULT 1,
    unit_price numeric(12, 2) NOT NULL,
    PRIMARY KEY (order_id, product_id)
);
INSERT INTO public.order_items (order_id, product_id, quantity, unit_price)
SELECT i, 1 + (i * 7 + k * 11) % 50, 1 + i % 3, 9.99 FROM generate_series(1, 400) AS i, generate_series(1, 2) AS k;

CREATE TABLE public.categories (
    id serial PRIMARY KEY,
    parent_id int REFERENCES public.categories (id),
    name text NOT NULL UNIQUE
);
INSERT INTO public.categories (parent_id, name) SELECT NULLIF(i / 3, 0), 'Category ' || i FROM generate_series(1, 10) AS i;
CREATE TABLE public.product_categories (
    product_id int NOT NULL REFERENCES public.products (id) ON DELETE CASCADE,
    category_id int NOT NULL REFERENCES public.categories (id),
    PRIMARY KEY (product_id, category_id)
);
INSERT INTO public.product_categories SELECT i, 1 + i % 10 FROM generate_series(1, 50) AS i;

CREATE TABLE public.audit_log (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    table_name text NOT NULL,
    action text NOT NULL,
    row_data jsonb
);
CREATE INDEX audit_log_at_brin ON public.audit_log USING brin (at);

-- tables that make data-dependent changes fail, or that have nothing to lose
CREATE TABLE public.empty_table (id int, note text, amount numeric(10, 2));
CREATE TABLE public.duplicates (id int, code text);
INSERT INTO public.duplicates VALUES (1, 'a'), (2, 'a'), (3, 'b'), (4, 'b'), (5, 'b'), (6, 'c'), (7, 'd'), (8, NULL), (9, NULL), (10, 'e');
CREATE TABLE public.loose_items (id int PRIMARY KEY, user_id int);
INSERT INTO public.loose_items SELECT i, CASE WHEN i > 7 THEN 9000 + i ELSE i END FROM generate_series(1, 10) AS i;
ALTER TABLE public.loose_items ADD CONSTRAINT loose_items_user_fk FOREIGN KEY (user_id) REFERENCES public.users (id) ON DELETE SET NULL NOT VALID;
CREATE TABLE public.big_counts (
    id int PRIMARY KEY,
    small smallint,
    n int,
    big bigint,
    ratio real,
    label text,
    stamp timestamp,
    bits varbit(8)
);
INSERT INTO public.big_counts
SELECT i, i, i * 1000, i * 10, i / 3.0, lpad(i::text, 6, '0'), timestamp '2024-05-01 12:34:56.789' + i * interval '1 day', B'1010'
FROM generate_series(1, 20) AS i;
CREATE TABLE public.owned_notes (id int, note text);
INSERT INTO public.owned_notes SELECT i, 'note ' || i FROM generate_series(1, 5) AS i;
ALTER TABLE public.owned_notes OWNER TO corpus_owner;
CREATE TABLE public.clustered (id int CONSTRAINT clustered_pkey PRIMARY KEY, v text) WITH (fillfactor = 90);
INSERT INTO public.clustered SELECT 21 - i, 'v' || i FROM generate_series(1, 20) AS i;
ALTER TABLE public.clustered CLUSTER ON clustered_pkey;

-- schema app
CREATE SEQUENCE app.ticket_no_seq START 1000;
CREATE SEQUENCE app.spare_seq;
SELECT setval('app.spare_seq', 42);
CREATE TABLE app.settings (key text PRIMARY KEY, value jsonb NOT NULL);
INSERT INTO app.settings SELECT 'key' || i, to_jsonb(i) FROM generate_series(1, 5) AS i;
CREATE TABLE app.contacts (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, email app.email_address, phone varchar(30));
INSERT INTO app.contacts (email, phone) SELECT 'c' || i || '@example.org', '+49 30 ' || i FROM generate_series(1, 10) AS i;
CREATE TABLE app.tickets (
    no int NOT NULL DEFAULT nextval('app.ticket_no_seq') PRIMARY KEY,
    owner_name text NOT NULL DEFAULT current_user,
    title text NOT NULL,
    levels app.priority[] NOT NULL DEFAULT '{}'
);
INSERT INTO app.tickets (owner_name, title, levels)
SELECT 'corpus_app', 'Ticket ' || i, CASE WHEN i % 2 = 0 THEN '{low,high}' ELSE '{low}' END::app.priority[] FROM generate_series(1, 20) AS i;
ALTER TABLE app.tickets ENABLE ROW LEVEL SECURITY;
CREATE POLICY tickets_own ON app.tickets FOR ALL TO corpus_app USING (owner_name = current_user);
CREATE POLICY tickets_admin ON app.tickets FOR SELECT TO corpus_owner USING (true);
CREATE UNLOGGED TABLE app.sessions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), data jsonb);
INSERT INTO app.sessions (data) SELECT '{}' FROM generate_series(1, 5);
CREATE TABLE app.pairs OF app.pair (PRIMARY KEY (k));
INSERT INTO app.pairs VALUES ('a', '1'), ('b', '2'), ('c', '3');
CREATE CAST (app.pair AS text) WITH INOUT AS ASSIGNMENT;
CREATE SERVER corpus_server FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost', dbname 'nowhere');
CREATE USER MAPPING FOR corpus_app SERVER corpus_server OPTIONS (user 'nobody');
CREATE FOREIGN TABLE app.remote_orders (id bigint, total numeric) SERVER corpus_server OPTIONS (table_name 'orders');
CREATE TABLE archive.old_orders (id bigint, total numeric(12, 2));
INSERT INTO archive.old_orders SELECT i, i * 5 FROM generate_series(1, 10) AS i;

-- partitions and inheritance
CREATE TABLE public.events (id int NOT NULL, at date NOT NULL, kind text, payload jsonb) PARTITION BY RANGE (at);
CREATE TABLE public.events_2024 PARTITION OF public.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE public.events_2025 PARTITION OF public.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE public.events_default PARTITION OF public.events DEFAULT;
INSERT INTO public.events SELECT i, date '2024-06-01' + i * 25, 'kind' || i % 3 FROM generate_series(1, 28) AS i;
INSERT INTO public.events VALUES (29, '2030-01-01', 'far'), (30, '2031-01-01', 'far');
CREATE INDEX events_kind_idx ON public.events (kind);
CREATE TABLE public.events_2026 (id int NOT NULL, at date NOT NULL, kind text, payload jsonb);
INSERT INTO public.events_2026 VALUES (31, '2026-02-01', 'kind1'), (32, '2026-03-01', 'kind2');
CREATE TABLE public.regions (code text NOT NULL, n int) PARTITION BY LIST (code);
CREATE TABLE public.regions_eu PARTITION OF public.regions FOR VALUES IN ('eu');
CREATE TABLE public.regions_us PARTITION OF public.regions FOR VALUES IN ('us');
INSERT INTO public.regions SELECT CASE WHEN i % 2 = 0 THEN 'eu' ELSE 'us' END, i FROM generate_series(1, 10) AS i;
CREATE TABLE public.vehicles (id int, wheels int);
CREATE TABLE public.cars (doors int) INHERITS (public.vehicles);
CREATE TABLE public.bikes (id int, wheels int);
INSERT INTO public.vehicles VALUES (1, 3);
INSERT INTO public.cars VALUES (2, 4, 5), (3, 4, 3);
INSERT INTO public.bikes VALUES (4, 2);

-- views
CREATE VIEW public.active_users AS SELECT id, email, name FROM public.users WHERE is_active AND deleted_at IS NULL;
CREATE VIEW public.active_emails AS SELECT email FROM public.active_users;
CREATE VIEW public.order_summary AS
    SELECT u.id AS user_id, count(o.id) AS orders, sum(o.total) AS total
    FROM public.users AS u LEFT JOIN public.orders AS o ON o.user_id = u.id
    GROUP BY u.id;
CREATE VIEW app.spare_view AS SELECT 1 AS one;
CREATE MATERIALIZED VIEW public.product_sales AS
    SELECT product_id, sum(quantity) AS sold FROM public.order_items GROUP BY product_id;
CREATE UNIQUE INDEX product_sales_key ON public.product_sales (product_id);
CREATE MATERIALIZED VIEW app.unfilled_sales AS SELECT status, count(*) FROM public.orders GROUP BY status WITH NO DATA;

-- functions, procedures, triggers, rules
CREATE FUNCTION app.order_total(o bigint) RETURNS numeric LANGUAGE sql STABLE AS
    'SELECT sum(quantity * unit_price) FROM public.order_items WHERE order_id = o';
CREATE FUNCTION app.next_code() RETURNS bigint LANGUAGE sql VOLATILE AS $$SELECT nextval('app.spare_seq')$$;
CREATE FUNCTION app.purge_users() RETURNS int LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    DELETE FROM public.users;
    RETURN 1;
END $$;
CREATE FUNCTION app.spare_fn() RETURNS int LANGUAGE sql AS 'SELECT 42';
CREATE FUNCTION app.spare_trigger_fn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NEW;
END $$;
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;
CREATE FUNCTION app.audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.audit_log (table_name, action, row_data)
    VALUES (TG_TABLE_NAME, TG_OP, to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END));
    RETURN NULL;
END $$;
CREATE FUNCTION app.check_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.quantity <= 0 THEN
        RAISE EXCEPTION 'quantity must be positive';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER users_touch BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TRIGGER orders_audit AFTER INSERT OR UPDATE OR DELETE ON public.orders FOR EACH ROW EXECUTE FUNCTION app.audit();
CREATE CONSTRAINT TRIGGER order_items_check AFTER INSERT OR UPDATE ON public.order_items
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.check_item();
UPDATE public.orders SET comment = 'gift' WHERE id <= 5;
CREATE PROCEDURE app.archive_orders(before date) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO archive.old_orders SELECT id, total FROM public.orders WHERE placed_at < before;
    DELETE FROM public.orders WHERE placed_at < before;
END $$;
CREATE PROCEDURE app.archive_and_commit() LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO archive.old_orders VALUES (0, 0);
    COMMIT;
END $$;
CREATE PROCEDURE app.spare_proc() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE app.product_of(int) (sfunc = int4mul, stype = int, initcond = '1');
CREATE FUNCTION app.same(a int, b int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT a = b';
CREATE OPERATOR app.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = app.same);
CREATE RULE old_orders_keep AS ON DELETE TO archive.old_orders DO INSTEAD NOTHING;
CREATE FUNCTION app.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    NULL;
END $$;
CREATE EVENT TRIGGER corpus_noop ON ddl_command_end EXECUTE FUNCTION app.on_ddl();
ALTER EVENT TRIGGER corpus_noop DISABLE;

-- the rest
CREATE STATISTICS app.orders_stats (dependencies) ON user_id, status FROM public.orders;
CREATE TEXT SEARCH CONFIGURATION app.words (COPY = simple);
CREATE PUBLICATION corpus_pub FOR TABLE public.users, public.orders;
SELECT lo_from_bytea(990001, '\x6b656570');
GRANT USAGE ON SCHEMA app TO corpus_app;
GRANT SELECT ON public.users, public.orders, public.products TO corpus_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.tickets TO corpus_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO corpus_reader;
ANALYZE;
