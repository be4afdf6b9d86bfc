--
-- PostgreSQL database dump
--

\restrict UAI8929GvXlQAhchfpXnWJgik8ztxyTJHmv7Mjca8M5q5i9jkdNTZ9bxSmvWquW

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: app; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA app;


ALTER SCHEMA app OWNER TO postgres;

--
-- Name: archive; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA archive;


ALTER SCHEMA archive OWNER TO postgres;

--
-- Name: spare; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA spare;


ALTER SCHEMA spare OWNER TO postgres;

--
-- Name: plain; Type: COLLATION; Schema: app; Owner: postgres
--

CREATE COLLATION app.plain (provider = libc, locale = 'C');


ALTER COLLATION app.plain OWNER TO postgres;

--
-- Name: btree_gist; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;


--
-- Name: EXTENSION btree_gist; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION btree_gist IS 'support for indexing common datatypes in GiST';


--
-- Name: citext; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;


--
-- Name: EXTENSION citext; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';


--
-- Name: dblink; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS dblink WITH SCHEMA public;


--
-- Name: EXTENSION dblink; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION dblink IS 'connect to other PostgreSQL databases from within a database';


--
-- Name: hstore; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public;


--
-- Name: EXTENSION hstore; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION hstore IS 'data type for storing sets of (key, value) pairs';


--
-- Name: pg_trgm; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;


--
-- Name: EXTENSION pg_trgm; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';


--
-- Name: postgres_fdw; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS postgres_fdw WITH SCHEMA public;


--
-- Name: EXTENSION postgres_fdw; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION postgres_fdw IS 'foreign-data wrapper for remote PostgreSQL servers';


--
-- Name: address; Type: TYPE; Schema: app; Owner: postgres
--

CREATE TYPE app.address AS (
	street text,
	city text,
	zip text
);


ALTER TYPE app.address OWNER TO postgres;

--
-- Name: email_address; Type: DOMAIN; Schema: app; Owner: postgres
--

CREATE DOMAIN app.email_address AS text
	CONSTRAINT email_has_at CHECK ((VALUE ~ '@'::text));


ALTER DOMAIN app.email_address OWNER TO postgres;

--
-- Name: float_range; Type: TYPE; Schema: app; Owner: postgres
--

CREATE TYPE app.float_range AS RANGE (
    subtype = double precision,
    multirange_type_name = app.float_multirange,
    subtype_diff = float8mi
);


ALTER TYPE app.float_range OWNER TO postgres;

--
-- Name: mood; Type: TYPE; Schema: app; Owner: postgres
--

CREATE TYPE app.mood AS ENUM (
    'sad',
    'ok',
    'happy'
);


ALTER TYPE app.mood OWNER TO postgres;

--
-- Name: pair; Type: TYPE; Schema: app; Owner: postgres
--

CREATE TYPE app.pair AS (
	k text,
	v text
);


ALTER TYPE app.pair OWNER TO postgres;

--
-- Name: point3; Type: TYPE; Schema: app; Owner: postgres
--

CREATE TYPE app.point3 AS (
	x integer,
	y integer,
	z integer
);


ALTER TYPE app.point3 OWNER TO postgres;

--
-- Name: positive_amount; Type: DOMAIN; Schema: app; Owner: postgres
--

CREATE DOMAIN app.positive_amount AS numeric(12,2) DEFAULT 0
	CONSTRAINT amount_not_negative CHECK ((VALUE >= (0)::numeric));


ALTER DOMAIN app.positive_amount OWNER TO postgres;

--
-- Name: priority; Type: TYPE; Schema: app; Owner: postgres
--

CREATE TYPE app.priority AS ENUM (
    'low',
    'high'
);


ALTER TYPE app.priority OWNER TO postgres;

--
-- Name: spare_domain; Type: DOMAIN; Schema: app; Owner: postgres
--

CREATE DOMAIN app.spare_domain AS integer;


ALTER DOMAIN app.spare_domain OWNER TO postgres;

--
-- Name: order_status; Type: TYPE; Schema: public; Owner: postgres
--

CREATE TYPE public.order_status AS ENUM (
    'pending',
    'paid',
    'shipped',
    'cancelled'
);


ALTER TYPE public.order_status OWNER TO postgres;

--
-- Name: user_role; Type: TYPE; Schema: public; Owner: postgres
--

CREATE TYPE public.user_role AS ENUM (
    'user',
    'admin',
    'moderator'
);


ALTER TYPE public.user_role OWNER TO postgres;

--
-- Name: CAST (app.pair AS text); Type: CAST; Schema: -; Owner: -
--

CREATE CAST (app.pair AS text) WITH INOUT AS ASSIGNMENT;


--
-- Name: add(integer, integer); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.add(a integer, b integer) RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$SELECT a + b$$;


ALTER FUNCTION app.add(a integer, b integer) OWNER TO postgres;

--
-- Name: archive_and_commit(); Type: PROCEDURE; Schema: app; Owner: postgres
--

CREATE PROCEDURE app.archive_and_commit()
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO archive.old_orders VALUES (0, 0);
    COMMIT;
END $$;


ALTER PROCEDURE app.archive_and_commit() OWNER TO postgres;

--
-- Name: archive_orders(date); Type: PROCEDURE; Schema: app; Owner: postgres
--

CREATE PROCEDURE app.archive_orders(IN before date)
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO archive.old_orders SELECT id, total FROM public.orders WHERE placed_at < before;
    DELETE FROM public.orders WHERE placed_at < before;
END $$;


ALTER PROCEDURE app.archive_orders(IN before date) OWNER TO postgres;

--
-- Name: audit(); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.audit() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO public.audit_log (table_name, action, row_data)
    VALUES (TG_TABLE_NAME, TG_OP, to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END));
    RETURN NULL;
END $$;


ALTER FUNCTION app.audit() OWNER TO postgres;

--
-- Name: check_item(); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.check_item() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.quantity <= 0 THEN
        RAISE EXCEPTION 'quantity must be positive';
    END IF;
    RETURN NULL;
END $$;


ALTER FUNCTION app.check_item() OWNER TO postgres;

--
-- Name: gross(numeric); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.gross(net numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE
    AS $$SELECT net * 1.2$$;


ALTER FUNCTION app.gross(net numeric) OWNER TO postgres;

--
-- Name: next_code(); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.next_code() RETURNS bigint
    LANGUAGE sql
    AS $$SELECT nextval('app.spare_seq')$$;


ALTER FUNCTION app.next_code() OWNER TO postgres;

--
-- Name: on_ddl(); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.on_ddl() RETURNS event_trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NULL;
END $$;


ALTER FUNCTION app.on_ddl() OWNER TO postgres;

--
-- Name: order_total(bigint); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.order_total(o bigint) RETURNS numeric
    LANGUAGE sql STABLE
    AS $$SELECT sum(quantity * unit_price) FROM public.order_items WHERE order_id = o$$;


ALTER FUNCTION app.order_total(o bigint) OWNER TO postgres;

--
-- Name: purge_users(); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.purge_users() RETURNS integer
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM public.users;
    RETURN 1;
END $$;


ALTER FUNCTION app.purge_users() OWNER TO postgres;

--
-- Name: same(integer, integer); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.same(a integer, b integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$SELECT a = b$$;


ALTER FUNCTION app.same(a integer, b integer) OWNER TO postgres;

--
-- Name: slug(text); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.slug(t text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    RETURN lower(regexp_replace(t, '[^a-zA-Z0-9]+', '-', 'g'));
END $$;


ALTER FUNCTION app.slug(t text) OWNER TO postgres;

--
-- Name: spare_fn(); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.spare_fn() RETURNS integer
    LANGUAGE sql
    AS $$SELECT 42$$;


ALTER FUNCTION app.spare_fn() OWNER TO postgres;

--
-- Name: spare_proc(); Type: PROCEDURE; Schema: app; Owner: postgres
--

CREATE PROCEDURE app.spare_proc()
    LANGUAGE sql
    AS $$SELECT 1$$;


ALTER PROCEDURE app.spare_proc() OWNER TO postgres;

--
-- Name: spare_trigger_fn(); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.spare_trigger_fn() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN NEW;
END $$;


ALTER FUNCTION app.spare_trigger_fn() OWNER TO postgres;

--
-- Name: touch(); Type: FUNCTION; Schema: app; Owner: postgres
--

CREATE FUNCTION app.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;


ALTER FUNCTION app.touch() OWNER TO postgres;

--
-- Name: product_of(integer); Type: AGGREGATE; Schema: app; Owner: postgres
--

CREATE AGGREGATE app.product_of(integer) (
    SFUNC = int4mul,
    STYPE = integer,
    INITCOND = '1'
);


ALTER AGGREGATE app.product_of(integer) OWNER TO postgres;

--
-- Name: ===; Type: OPERATOR; Schema: app; Owner: postgres
--

CREATE OPERATOR app.=== (
    FUNCTION = app.same,
    LEFTARG = integer,
    RIGHTARG = integer
);


ALTER OPERATOR app.=== (integer, integer) OWNER TO postgres;

--
-- Name: words; Type: TEXT SEARCH CONFIGURATION; Schema: app; Owner: postgres
--

CREATE TEXT SEARCH CONFIGURATION app.words (
    PARSER = pg_catalog."default" );

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR asciiword WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR word WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR numword WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR email WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR url WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR host WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR sfloat WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR version WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR hword_numpart WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR hword_part WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR hword_asciipart WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR numhword WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR asciihword WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR hword WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR url_path WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR file WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR "float" WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR "int" WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.words
    ADD MAPPING FOR uint WITH simple;


ALTER TEXT SEARCH CONFIGURATION app.words OWNER TO postgres;

--
-- Name: corpus_server; Type: SERVER; Schema: -; Owner: postgres
--

CREATE SERVER corpus_server FOREIGN DATA WRAPPER postgres_fdw OPTIONS (
    dbname 'nowhere',
    host 'localhost'
);


ALTER SERVER corpus_server OWNER TO postgres;

--
-- Name: USER MAPPING corpus_app SERVER corpus_server; Type: USER MAPPING; Schema: -; Owner: postgres
--

CREATE USER MAPPING FOR corpus_app SERVER corpus_server OPTIONS (
    "user" 'nobody'
);


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: contacts; Type: TABLE; Schema: app; Owner: postgres
--

CREATE TABLE app.contacts (
    id integer NOT NULL,
    email app.email_address,
    phone character varying(30)
);


ALTER TABLE app.contacts OWNER TO postgres;

--
-- Name: contacts_id_seq; Type: SEQUENCE; Schema: app; Owner: postgres
--

ALTER TABLE app.contacts ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME app.contacts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: pairs; Type: TABLE; Schema: app; Owner: postgres
--

CREATE TABLE app.pairs OF app.pair (
    k NOT NULL
);


ALTER TABLE app.pairs OWNER TO postgres;

--
-- Name: remote_orders; Type: FOREIGN TABLE; Schema: app; Owner: postgres
--

CREATE FOREIGN TABLE app.remote_orders (
    id bigint,
    total numeric
)
SERVER corpus_server
OPTIONS (
    table_name 'orders'
);


ALTER FOREIGN TABLE app.remote_orders OWNER TO postgres;

--
-- Name: sessions; Type: TABLE; Schema: app; Owner: postgres
--

CREATE UNLOGGED TABLE app.sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    data jsonb
);


ALTER TABLE app.sessions OWNER TO postgres;

--
-- Name: settings; Type: TABLE; Schema: app; Owner: postgres
--

CREATE TABLE app.settings (
    key text NOT NULL,
    value jsonb NOT NULL
);


ALTER TABLE app.settings OWNER TO postgres;

--
-- Name: spare_seq; Type: SEQUENCE; Schema: app; Owner: postgres
--

CREATE SEQUENCE app.spare_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE app.spare_seq OWNER TO postgres;

--
-- Name: spare_view; Type: VIEW; Schema: app; Owner: postgres
--

CREATE VIEW app.spare_view AS
 SELECT 1 AS one;


ALTER TABLE app.spare_view OWNER TO postgres;

--
-- Name: ticket_no_seq; Type: SEQUENCE; Schema: app; Owner: postgres
--

CREATE SEQUENCE app.ticket_no_seq
    START WITH 1000
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE app.ticket_no_seq OWNER TO postgres;

--
-- Name: tickets; Type: TABLE; Schema: app; Owner: postgres
--

CREATE TABLE app.tickets (
    no integer DEFAULT nextval('app.ticket_no_seq'::regclass) NOT NULL,
    owner_name text DEFAULT CURRENT_USER NOT NULL,
    title text NOT NULL,
    levels app.priority[] DEFAULT '{}'::app.priority[] NOT NULL
);


ALTER TABLE app.tickets OWNER TO postgres;

--
-- Name: orders; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.orders (
    id bigint NOT NULL,
    user_id integer NOT NULL,
    status public.order_status DEFAULT 'pending'::public.order_status NOT NULL,
    total numeric(12,2) DEFAULT 0 NOT NULL,
    placed_at timestamp without time zone DEFAULT now() NOT NULL,
    shipped_on date,
    coupon_code text,
    comment text DEFAULT ''::text
);


ALTER TABLE public.orders OWNER TO postgres;

--
-- Name: unfilled_sales; Type: MATERIALIZED VIEW; Schema: app; Owner: postgres
--

CREATE MATERIALIZED VIEW app.unfilled_sales AS
 SELECT orders.status,
    count(*) AS count
   FROM public.orders
  GROUP BY orders.status
  WITH NO DATA;


ALTER TABLE app.unfilled_sales OWNER TO postgres;

--
-- Name: old_orders; Type: TABLE; Schema: archive; Owner: postgres
--

CREATE TABLE archive.old_orders (
    id bigint,
    total numeric(12,2)
);


ALTER TABLE archive.old_orders OWNER TO postgres;

--
-- Name: users; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.users (
    id integer NOT NULL,
    email text NOT NULL,
    name character varying(100) NOT NULL,
    nickname text,
    age integer,
    balance numeric(10,2) DEFAULT 0.00,
    role public.user_role DEFAULT 'user'::public.user_role NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    payload json,
    note character(10),
    home app.address,
    login_name public.citext,
    birth date,
    last_ip inet,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone,
    deleted_at timestamp with time zone,
    search tsvector GENERATED ALWAYS AS (to_tsvector('english'::regconfig, ((COALESCE(email, ''::text) || ' '::text) || COALESCE(nickname, ''::text)))) STORED,
    CONSTRAINT users_age_check CHECK ((age >= 0))
);


ALTER TABLE public.users OWNER TO postgres;

--
-- Name: TABLE users; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON TABLE public.users IS 'People who buy';


--
-- Name: COLUMN users.email; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN public.users.email IS 'Unique, as typed';


--
-- Name: active_users; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.active_users AS
 SELECT users.id,
    users.email,
    users.name
   FROM public.users
  WHERE (users.is_active AND (users.deleted_at IS NULL));


ALTER TABLE public.active_users OWNER TO postgres;

--
-- Name: active_emails; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.active_emails AS
 SELECT active_users.email
   FROM public.active_users;


ALTER TABLE public.active_emails OWNER TO postgres;

--
-- Name: audit_log; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.audit_log (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    table_name text NOT NULL,
    action text NOT NULL,
    row_data jsonb
);


ALTER TABLE public.audit_log OWNER TO postgres;

--
-- Name: audit_log_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

CREATE SEQUENCE public.audit_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.audit_log_id_seq OWNER TO postgres;

--
-- Name: audit_log_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: postgres
--

ALTER SEQUENCE public.audit_log_id_seq OWNED BY public.audit_log.id;


--
-- Name: big_counts; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.big_counts (
    id integer NOT NULL,
    small smallint,
    n integer,
    big bigint,
    ratio real,
    label text,
    stamp timestamp without time zone,
    bits bit varying(8)
);


ALTER TABLE public.big_counts OWNER TO postgres;

--
-- Name: bikes; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.bikes (
    id integer,
    wheels integer
);


ALTER TABLE public.bikes OWNER TO postgres;

--
-- Name: vehicles; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.vehicles (
    id integer,
    wheels integer
);


ALTER TABLE public.vehicles OWNER TO postgres;

--
-- Name: cars; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.cars (
    doors integer
)
INHERITS (public.vehicles);


ALTER TABLE public.cars OWNER TO postgres;

--
-- Name: categories; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.categories (
    id integer NOT NULL,
    parent_id integer,
    name text NOT NULL
);


ALTER TABLE public.categories OWNER TO postgres;

--
-- Name: categories_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

CREATE SEQUENCE public.categories_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.categories_id_seq OWNER TO postgres;

--
-- Name: categories_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: postgres
--

ALTER SEQUENCE public.categories_id_seq OWNED BY public.categories.id;


--
-- Name: clustered; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.clustered (
    id integer NOT NULL,
    v text
)
WITH (fillfactor='90');


ALTER TABLE public.clustered OWNER TO postgres;

--
-- Name: coupons; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.coupons (
    code text NOT NULL,
    discount real NOT NULL,
    valid tstzrange NOT NULL
);


ALTER TABLE public.coupons OWNER TO postgres;

--
-- Name: duplicates; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.duplicates (
    id integer,
    code text
);


ALTER TABLE public.duplicates OWNER TO postgres;

--
-- Name: empty_table; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.empty_table (
    id integer,
    note text,
    amount numeric(10,2)
);


ALTER TABLE public.empty_table OWNER TO postgres;

--
-- Name: events; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.events (
    id integer NOT NULL,
    at date NOT NULL,
    kind text,
    payload jsonb
)
PARTITION BY RANGE (at);


ALTER TABLE public.events OWNER TO postgres;

--
-- Name: events_2024; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.events_2024 (
    id integer NOT NULL,
    at date NOT NULL,
    kind text,
    payload jsonb
);


ALTER TABLE public.events_2024 OWNER TO postgres;

--
-- Name: events_2025; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.events_2025 (
    id integer NOT NULL,
    at date NOT NULL,
    kind text,
    payload jsonb
);


ALTER TABLE public.events_2025 OWNER TO postgres;

--
-- Name: events_2026; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.events_2026 (
    id integer NOT NULL,
    at date NOT NULL,
    kind text,
    payload jsonb
);


ALTER TABLE public.events_2026 OWNER TO postgres;

--
-- Name: events_default; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.events_default (
    id integer NOT NULL,
    at date NOT NULL,
    kind text,
    payload jsonb
);


ALTER TABLE public.events_default OWNER TO postgres;

--
-- Name: loose_items; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.loose_items (
    id integer NOT NULL,
    user_id integer
);


ALTER TABLE public.loose_items OWNER TO postgres;

--
-- Name: order_items; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.order_items (
    order_id bigint NOT NULL,
    product_id integer NOT NULL,
    quantity smallint DEFAULT 1 NOT NULL,
    unit_price numeric(12,2) NOT NULL
);


ALTER TABLE public.order_items OWNER TO postgres;

--
-- Name: order_summary; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.order_summary AS
 SELECT u.id AS user_id,
    count(o.id) AS orders,
    sum(o.total) AS total
   FROM (public.users u
     LEFT JOIN public.orders o ON ((o.user_id = u.id)))
  GROUP BY u.id;


ALTER TABLE public.order_summary OWNER TO postgres;

--
-- Name: orders_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

ALTER TABLE public.orders ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.orders_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: owned_notes; Type: TABLE; Schema: public; Owner: corpus_owner
--

CREATE TABLE public.owned_notes (
    id integer,
    note text
);


ALTER TABLE public.owned_notes OWNER TO corpus_owner;

--
-- Name: product_categories; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.product_categories (
    product_id integer NOT NULL,
    category_id integer NOT NULL
);


ALTER TABLE public.product_categories OWNER TO postgres;

--
-- Name: product_sales; Type: MATERIALIZED VIEW; Schema: public; Owner: postgres
--

CREATE MATERIALIZED VIEW public.product_sales AS
 SELECT order_items.product_id,
    sum(order_items.quantity) AS sold
   FROM public.order_items
  GROUP BY order_items.product_id
  WITH NO DATA;


ALTER TABLE public.product_sales OWNER TO postgres;

--
-- Name: products; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.products (
    id integer NOT NULL,
    sku character varying(20) NOT NULL,
    name text NOT NULL,
    price app.positive_amount NOT NULL,
    weight double precision,
    stock integer DEFAULT 0 NOT NULL,
    attributes public.hstore,
    gross numeric GENERATED ALWAYS AS (app.gross((price)::numeric)) STORED,
    CONSTRAINT products_stock_check CHECK ((stock >= 0))
);


ALTER TABLE public.products OWNER TO postgres;

--
-- Name: products_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

CREATE SEQUENCE public.products_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.products_id_seq OWNER TO postgres;

--
-- Name: products_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: postgres
--

ALTER SEQUENCE public.products_id_seq OWNED BY public.products.id;


--
-- Name: regions; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.regions (
    code text NOT NULL,
    n integer
)
PARTITION BY LIST (code);


ALTER TABLE public.regions OWNER TO postgres;

--
-- Name: regions_eu; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.regions_eu (
    code text NOT NULL,
    n integer
);


ALTER TABLE public.regions_eu OWNER TO postgres;

--
-- Name: regions_us; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.regions_us (
    code text NOT NULL,
    n integer
);


ALTER TABLE public.regions_us OWNER TO postgres;

--
-- Name: users_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

ALTER TABLE public.users ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: events_2024; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');


--
-- Name: events_2025; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');


--
-- Name: events_default; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_default DEFAULT;


--
-- Name: regions_eu; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.regions ATTACH PARTITION public.regions_eu FOR VALUES IN ('eu');


--
-- Name: regions_us; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.regions ATTACH PARTITION public.regions_us FOR VALUES IN ('us');


--
-- Name: audit_log id; Type: DEFAULT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.audit_log ALTER COLUMN id SET DEFAULT nextval('public.audit_log_id_seq'::regclass);


--
-- Name: categories id; Type: DEFAULT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.categories ALTER COLUMN id SET DEFAULT nextval('public.categories_id_seq'::regclass);


--
-- Name: products id; Type: DEFAULT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.products ALTER COLUMN id SET DEFAULT nextval('public.products_id_seq'::regclass);


--
-- Name: 990001; Type: BLOB; Schema: -; Owner: postgres
--

SELECT pg_catalog.lo_create('990001');


ALTER LARGE OBJECT 990001 OWNER TO postgres;

--
-- Data for Name: contacts; Type: TABLE DATA; Schema: app; Owner: postgres
--

COPY app.contacts (id, email, phone) FROM stdin;
1	c1@example.org	+49 30 1
2	c2@example.org	+49 30 2
3	c3@example.org	+49 30 3
4	c4@example.org	+49 30 4
5	c5@example.org	+49 30 5
6	c6@example.org	+49 30 6
7	c7@example.org	+49 30 7
8	c8@example.org	+49 30 8
9	c9@example.org	+49 30 9
10	c10@example.org	+49 30 10
\.


--
-- Data for Name: pairs; Type: TABLE DATA; Schema: app; Owner: postgres
--

COPY app.pairs (k, v) FROM stdin;
a	1
b	2
c	3
\.


--
-- Data for Name: sessions; Type: TABLE DATA; Schema: app; Owner: postgres
--

COPY app.sessions (id, data) FROM stdin;
1432eb3c-38a4-443c-b146-875159687157	{}
ac1e06f8-7279-4c54-b029-fd38a7db90b7	{}
7792ec43-b021-459b-bcf8-066e0eb12254	{}
5e7f1912-5ff9-497f-bb30-0a0fab22d7ef	{}
c5f22699-1a9c-4e32-86f1-1e9c9ac5066d	{}
\.


--
-- Data for Name: settings; Type: TABLE DATA; Schema: app; Owner: postgres
--

COPY app.settings (key, value) FROM stdin;
key1	1
key2	2
key3	3
key4	4
key5	5
\.


--
-- Data for Name: tickets; Type: TABLE DATA; Schema: app; Owner: postgres
--

COPY app.tickets (no, owner_name, title, levels) FROM stdin;
1000	corpus_app	Ticket 1	{low}
1001	corpus_app	Ticket 2	{low,high}
1002	corpus_app	Ticket 3	{low}
1003	corpus_app	Ticket 4	{low,high}
1004	corpus_app	Ticket 5	{low}
1005	corpus_app	Ticket 6	{low,high}
1006	corpus_app	Ticket 7	{low}
1007	corpus_app	Ticket 8	{low,high}
1008	corpus_app	Ticket 9	{low}
1009	corpus_app	Ticket 10	{low,high}
1010	corpus_app	Ticket 11	{low}
1011	corpus_app	Ticket 12	{low,high}
1012	corpus_app	Ticket 13	{low}
1013	corpus_app	Ticket 14	{low,high}
1014	corpus_app	Ticket 15	{low}
1015	corpus_app	Ticket 16	{low,high}
1016	corpus_app	Ticket 17	{low}
1017	corpus_app	Ticket 18	{low,high}
1018	corpus_app	Ticket 19	{low}
1019	corpus_app	Ticket 20	{low,high}
\.


--
-- Data for Name: old_orders; Type: TABLE DATA; Schema: archive; Owner: postgres
--

COPY archive.old_orders (id, total) FROM stdin;
1	5.00
2	10.00
3	15.00
4	20.00
5	25.00
6	30.00
7	35.00
8	40.00
9	45.00
10	50.00
\.


--
-- Data for Name: audit_log; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.audit_log (id, at, table_name, action, row_data) FROM stdin;
1	2026-11-22 20:22:11.802402+00	orders	UPDATE	{"id": 1, "total": 2.55, "status": "paid", "comment": "gift", "user_id": 2, "placed_at": "2024-02-01T10:37:00", "shipped_on": null, "coupon_code": null}
2	2026-11-22 20:22:11.802402+00	orders	UPDATE	{"id": 2, "total": 5.10, "status": "shipped", "comment": "gift", "user_id": 3, "placed_at": "2024-02-01T11:14:00", "shipped_on": "2024-03-03", "coupon_code": null}
3	2026-11-22 20:22:11.802402+00	orders	UPDATE	{"id": 3, "total": 7.65, "status": "cancelled", "comment": "gift", "user_id": 4, "placed_at": "2024-02-01T11:51:00", "shipped_on": null, "coupon_code": null}
4	2026-11-22 20:22:11.802402+00	orders	UPDATE	{"id": 4, "total": 10.20, "status": "pending", "comment": "gift", "user_id": 5, "placed_at": "2024-02-01T12:28:00", "shipped_on": null, "coupon_code": null}
5	2026-11-22 20:22:11.802402+00	orders	UPDATE	{"id": 5, "total": 12.75, "status": "paid", "comment": "gift", "user_id": 6, "placed_at": "2024-02-01T13:05:00", "shipped_on": null, "coupon_code": null}
\.


--
-- Data for Name: big_counts; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.big_counts (id, small, n, big, ratio, label, stamp, bits) FROM stdin;
1	1	1000	10	0.33333334	000001	2024-05-02 12:34:56.789	1010
2	2	2000	20	0.6666667	000002	2024-05-03 12:34:56.789	1010
3	3	3000	30	1	000003	2024-05-04 12:34:56.789	1010
4	4	4000	40	1.3333334	000004	2024-05-05 12:34:56.789	1010
5	5	5000	50	1.6666666	000005	2024-05-06 12:34:56.789	1010
6	6	6000	60	2	000006	2024-05-07 12:34:56.789	1010
7	7	7000	70	2.3333333	000007	2024-05-08 12:34:56.789	1010
8	8	8000	80	2.6666667	000008	2024-05-09 12:34:56.789	1010
9	9	9000	90	3	000009	2024-05-10 12:34:56.789	1010
10	10	10000	100	3.3333333	000010	2024-05-11 12:34:56.789	1010
11	11	11000	110	3.6666667	000011	2024-05-12 12:34:56.789	1010
12	12	12000	120	4	000012	2024-05-13 12:34:56.789	1010
13	13	13000	130	4.3333335	000013	2024-05-14 12:34:56.789	1010
14	14	14000	140	4.6666665	000014	2024-05-15 12:34:56.789	1010
15	15	15000	150	5	000015	2024-05-16 12:34:56.789	1010
16	16	16000	160	5.3333335	000016	2024-05-17 12:34:56.789	1010
17	17	17000	170	5.6666665	000017	2024-05-18 12:34:56.789	1010
18	18	18000	180	6	000018	2024-05-19 12:34:56.789	1010
19	19	19000	190	6.3333335	000019	2024-05-20 12:34:56.789	1010
20	20	20000	200	6.6666665	000020	2024-05-21 12:34:56.789	1010
\.


--
-- Data for Name: bikes; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.bikes (id, wheels) FROM stdin;
4	2
\.


--
-- Data for Name: cars; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.cars (id, wheels, doors) FROM stdin;
2	4	5
3	4	3
\.


--
-- Data for Name: categories; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.categories (id, parent_id, name) FROM stdin;
1	\N	Category 1
2	\N	Category 2
3	1	Category 3
4	1	Category 4
5	1	Category 5
6	2	Category 6
7	2	Category 7
8	2	Category 8
9	3	Category 9
10	3	Category 10
\.


--
-- Data for Name: clustered; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.clustered (id, v) FROM stdin;
20	v1
19	v2
18	v3
17	v4
16	v5
15	v6
14	v7
13	v8
12	v9
11	v10
10	v11
9	v12
8	v13
7	v14
6	v15
5	v16
4	v17
3	v18
2	v19
1	v20
\.


--
-- Data for Name: coupons; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.coupons (code, discount, valid) FROM stdin;
C1	0.1	["2024-01-01 00:00:00+00","2025-01-01 00:00:00+00")
C2	0.2	["2024-01-01 00:00:00+00","2025-01-01 00:00:00+00")
C3	0.3	["2024-01-01 00:00:00+00","2025-01-01 00:00:00+00")
C4	0.4	["2024-01-01 00:00:00+00","2025-01-01 00:00:00+00")
C5	0.5	["2024-01-01 00:00:00+00","2025-01-01 00:00:00+00")
\.


--
-- Data for Name: duplicates; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.duplicates (id, code) FROM stdin;
1	a
2	a
3	b
4	b
5	b
6	c
7	d
8	\N
9	\N
10	e
\.


--
-- Data for Name: empty_table; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.empty_table (id, note, amount) FROM stdin;
\.


--
-- Data for Name: events_2024; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.events_2024 (id, at, kind, payload) FROM stdin;
1	2024-06-26	kind1	\N
2	2024-07-21	kind2	\N
3	2024-08-15	kind0	\N
4	2024-09-09	kind1	\N
5	2024-10-04	kind2	\N
6	2024-10-29	kind0	\N
7	2024-11-23	kind1	\N
8	2024-12-18	kind2	\N
\.


--
-- Data for Name: events_2025; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.events_2025 (id, at, kind, payload) FROM stdin;
9	2025-01-12	kind0	\N
10	2025-02-06	kind1	\N
11	2025-03-03	kind2	\N
12	2025-03-28	kind0	\N
13	2025-04-22	kind1	\N
14	2025-05-17	kind2	\N
15	2025-06-11	kind0	\N
16	2025-07-06	kind1	\N
17	2025-07-31	kind2	\N
18	2025-08-25	kind0	\N
19	2025-09-19	kind1	\N
20	2025-10-14	kind2	\N
21	2025-11-08	kind0	\N
22	2025-12-03	kind1	\N
23	2025-12-28	kind2	\N
\.


--
-- Data for Name: events_2026; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.events_2026 (id, at, kind, payload) FROM stdin;
31	2026-02-01	kind1	\N
32	2026-03-01	kind2	\N
\.


--
-- Data for Name: events_default; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.events_default (id, at, kind, payload) FROM stdin;
24	2026-01-22	kind0	\N
25	2026-02-16	kind1	\N
26	2026-03-13	kind2	\N
27	2026-04-07	kind0	\N
28	2026-05-02	kind1	\N
29	2030-01-01	far	\N
30	2031-01-01	far	\N
\.


--
-- Data for Name: loose_items; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.loose_items (id, user_id) FROM stdin;
1	1
2	2
3	3
4	4
5	5
6	6
7	7
8	9008
9	9009
10	9010
\.


--
-- Data for Name: order_items; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.order_items (order_id, product_id, quantity, unit_price) FROM stdin;
1	19	2	9.99
2	26	3	9.99
3	33	1	9.99
4	40	2	9.99
5	47	3	9.99
6	4	1	9.99
7	11	2	9.99
8	18	3	9.99
9	25	1	9.99
10	32	2	9.99
11	39	3	9.99
12	46	1	9.99
13	3	2	9.99
14	10	3	9.99
15	17	1	9.99
16	24	2	9.99
17	31	3	9.99
18	38	1	9.99
19	45	2	9.99
20	2	3	9.99
21	9	1	9.99
22	16	2	9.99
23	23	3	9.99
24	30	1	9.99
25	37	2	9.99
26	44	3	9.99
27	1	1	9.99
28	8	2	9.99
29	15	3	9.99
30	22	1	9.99
31	29	2	9.99
32	36	3	9.99
33	43	1	9.99
34	50	2	9.99
35	7	3	9.99
36	14	1	9.99
37	21	2	9.99
38	28	3	9.99
39	35	1	9.99
40	42	2	9.99
41	49	3	9.99
42	6	1	9.99
43	13	2	9.99
44	20	3	9.99
45	27	1	9.99
46	34	2	9.99
47	41	3	9.99
48	48	1	9.99
49	5	2	9.99
50	12	3	9.99
51	19	1	9.99
52	26	2	9.99
53	33	3	9.99
54	40	1	9.99
55	47	2	9.99
56	4	3	9.99
57	11	1	9.99
58	18	2	9.99
59	25	3	9.99
60	32	1	9.99
61	39	2	9.99
62	46	3	9.99
63	3	1	9.99
64	10	2	9.99
65	17	3	9.99
66	24	1	9.99
67	31	2	9.99
68	38	3	9.99
69	45	1	9.99
70	2	2	9.99
71	9	3	9.99
72	16	1	9.99
73	23	2	9.99
74	30	3	9.99
75	37	1	9.99
76	44	2	9.99
77	1	3	9.99
78	8	1	9.99
79	15	2	9.99
80	22	3	9.99
81	29	1	9.99
82	36	2	9.99
83	43	3	9.99
84	50	1	9.99
85	7	2	9.99
86	14	3	9.99
87	21	1	9.99
88	28	2	9.99
89	35	3	9.99
90	42	1	9.99
91	49	2	9.99
92	6	3	9.99
93	13	1	9.99
94	20	2	9.99
95	27	3	9.99
96	34	1	9.99
97	41	2	9.99
98	48	3	9.99
99	5	1	9.99
100	12	2	9.99
101	19	3	9.99
102	26	1	9.99
103	33	2	9.99
104	40	3	9.99
105	47	1	9.99
106	4	2	9.99
107	11	3	9.99
108	18	1	9.99
109	25	2	9.99
110	32	3	9.99
111	39	1	9.99
112	46	2	9.99
113	3	3	9.99
114	10	1	9.99
115	17	2	9.99
116	24	3	9.99
117	31	1	9.99
118	38	2	9.99
119	45	3	9.99
120	2	1	9.99
121	9	2	9.99
122	16	3	9.99
123	23	1	9.99
124	30	2	9.99
125	37	3	9.99
126	44	1	9.99
127	1	2	9.99
128	8	3	9.99
129	15	1	9.99
130	22	2	9.99
131	29	3	9.99
132	36	1	9.99
133	43	2	9.99
134	50	3	9.99
135	7	1	9.99
136	14	2	9.99
137	21	3	9.99
138	28	1	9.99
139	35	2	9.99
140	42	3	9.99
141	49	1	9.99
142	6	2	9.99
143	13	3	9.99
144	20	1	9.99
145	27	2	9.99
146	34	3	9.99
147	41	1	9.99
148	48	2	9.99
149	5	3	9.99
150	12	1	9.99
151	19	2	9.99
152	26	3	9.99
153	33	1	9.99
154	40	2	9.99
155	47	3	9.99
156	4	1	9.99
157	11	2	9.99
158	18	3	9.99
159	25	1	9.99
160	32	2	9.99
161	39	3	9.99
162	46	1	9.99
163	3	2	9.99
164	10	3	9.99
165	17	1	9.99
166	24	2	9.99
167	31	3	9.99
168	38	1	9.99
169	45	2	9.99
170	2	3	9.99
171	9	1	9.99
172	16	2	9.99
173	23	3	9.99
174	30	1	9.99
175	37	2	9.99
176	44	3	9.99
177	1	1	9.99
178	8	2	9.99
179	15	3	9.99
180	22	1	9.99
181	29	2	9.99
182	36	3	9.99
183	43	1	9.99
184	50	2	9.99
185	7	3	9.99
186	14	1	9.99
187	21	2	9.99
188	28	3	9.99
189	35	1	9.99
190	42	2	9.99
191	49	3	9.99
192	6	1	9.99
193	13	2	9.99
194	20	3	9.99
195	27	1	9.99
196	34	2	9.99
197	41	3	9.99
198	48	1	9.99
199	5	2	9.99
200	12	3	9.99
201	19	1	9.99
202	26	2	9.99
203	33	3	9.99
204	40	1	9.99
205	47	2	9.99
206	4	3	9.99
207	11	1	9.99
208	18	2	9.99
209	25	3	9.99
210	32	1	9.99
211	39	2	9.99
212	46	3	9.99
213	3	1	9.99
214	10	2	9.99
215	17	3	9.99
216	24	1	9.99
217	31	2	9.99
218	38	3	9.99
219	45	1	9.99
220	2	2	9.99
221	9	3	9.99
222	16	1	9.99
223	23	2	9.99
224	30	3	9.99
225	37	1	9.99
226	44	2	9.99
227	1	3	9.99
228	8	1	9.99
229	15	2	9.99
230	22	3	9.99
231	29	1	9.99
232	36	2	9.99
233	43	3	9.99
234	50	1	9.99
235	7	2	9.99
236	14	3	9.99
237	21	1	9.99
238	28	2	9.99
239	35	3	9.99
240	42	1	9.99
241	49	2	9.99
242	6	3	9.99
243	13	1	9.99
244	20	2	9.99
245	27	3	9.99
246	34	1	9.99
247	41	2	9.99
248	48	3	9.99
249	5	1	9.99
250	12	2	9.99
251	19	3	9.99
252	26	1	9.99
253	33	2	9.99
254	40	3	9.99
255	47	1	9.99
256	4	2	9.99
257	11	3	9.99
258	18	1	9.99
259	25	2	9.99
260	32	3	9.99
261	39	1	9.99
262	46	2	9.99
263	3	3	9.99
264	10	1	9.99
265	17	2	9.99
266	24	3	9.99
267	31	1	9.99
268	38	2	9.99
269	45	3	9.99
270	2	1	9.99
271	9	2	9.99
272	16	3	9.99
273	23	1	9.99
274	30	2	9.99
275	37	3	9.99
276	44	1	9.99
277	1	2	9.99
278	8	3	9.99
279	15	1	9.99
280	22	2	9.99
281	29	3	9.99
282	36	1	9.99
283	43	2	9.99
284	50	3	9.99
285	7	1	9.99
286	14	2	9.99
287	21	3	9.99
288	28	1	9.99
289	35	2	9.99
290	42	3	9.99
291	49	1	9.99
292	6	2	9.99
293	13	3	9.99
294	20	1	9.99
295	27	2	9.99
296	34	3	9.99
297	41	1	9.99
298	48	2	9.99
299	5	3	9.99
300	12	1	9.99
301	19	2	9.99
302	26	3	9.99
303	33	1	9.99
304	40	2	9.99
305	47	3	9.99
306	4	1	9.99
307	11	2	9.99
308	18	3	9.99
309	25	1	9.99
310	32	2	9.99
311	39	3	9.99
312	46	1	9.99
313	3	2	9.99
314	10	3	9.99
315	17	1	9.99
316	24	2	9.99
317	31	3	9.99
318	38	1	9.99
319	45	2	9.99
320	2	3	9.99
321	9	1	9.99
322	16	2	9.99
323	23	3	9.99
324	30	1	9.99
325	37	2	9.99
326	44	3	9.99
327	1	1	9.99
328	8	2	9.99
329	15	3	9.99
330	22	1	9.99
331	29	2	9.99
332	36	3	9.99
333	43	1	9.99
334	50	2	9.99
335	7	3	9.99
336	14	1	9.99
337	21	2	9.99
338	28	3	9.99
339	35	1	9.99
340	42	2	9.99
341	49	3	9.99
342	6	1	9.99
343	13	2	9.99
344	20	3	9.99
345	27	1	9.99
346	34	2	9.99
347	41	3	9.99
348	48	1	9.99
349	5	2	9.99
350	12	3	9.99
351	19	1	9.99
352	26	2	9.99
353	33	3	9.99
354	40	1	9.99
355	47	2	9.99
356	4	3	9.99
357	11	1	9.99
358	18	2	9.99
359	25	3	9.99
360	32	1	9.99
361	39	2	9.99
362	46	3	9.99
363	3	1	9.99
364	10	2	9.99
365	17	3	9.99
366	24	1	9.99
367	31	2	9.99
368	38	3	9.99
369	45	1	9.99
370	2	2	9.99
371	9	3	9.99
372	16	1	9.99
373	23	2	9.99
374	30	3	9.99
375	37	1	9.99
376	44	2	9.99
377	1	3	9.99
378	8	1	9.99
379	15	2	9.99
380	22	3	9.99
381	29	1	9.99
382	36	2	9.99
383	43	3	9.99
384	50	1	9.99
385	7	2	9.99
386	14	3	9.99
387	21	1	9.99
388	28	2	9.99
389	35	3	9.99
390	42	1	9.99
391	49	2	9.99
392	6	3	9.99
393	13	1	9.99
394	20	2	9.99
395	27	3	9.99
396	34	1	9.99
397	41	2	9.99
398	48	3	9.99
399	5	1	9.99
400	12	2	9.99
1	30	2	9.99
2	37	3	9.99
3	44	1	9.99
4	1	2	9.99
5	8	3	9.99
6	15	1	9.99
7	22	2	9.99
8	29	3	9.99
9	36	1	9.99
10	43	2	9.99
11	50	3	9.99
12	7	1	9.99
13	14	2	9.99
14	21	3	9.99
15	28	1	9.99
16	35	2	9.99
17	42	3	9.99
18	49	1	9.99
19	6	2	9.99
20	13	3	9.99
21	20	1	9.99
22	27	2	9.99
23	34	3	9.99
24	41	1	9.99
25	48	2	9.99
26	5	3	9.99
27	12	1	9.99
28	19	2	9.99
29	26	3	9.99
30	33	1	9.99
31	40	2	9.99
32	47	3	9.99
33	4	1	9.99
34	11	2	9.99
35	18	3	9.99
36	25	1	9.99
37	32	2	9.99
38	39	3	9.99
39	46	1	9.99
40	3	2	9.99
41	10	3	9.99
42	17	1	9.99
43	24	2	9.99
44	31	3	9.99
45	38	1	9.99
46	45	2	9.99
47	2	3	9.99
48	9	1	9.99
49	16	2	9.99
50	23	3	9.99
51	30	1	9.99
52	37	2	9.99
53	44	3	9.99
54	1	1	9.99
55	8	2	9.99
56	15	3	9.99
57	22	1	9.99
58	29	2	9.99
59	36	3	9.99
60	43	1	9.99
61	50	2	9.99
62	7	3	9.99
63	14	1	9.99
64	21	2	9.99
65	28	3	9.99
66	35	1	9.99
67	42	2	9.99
68	49	3	9.99
69	6	1	9.99
70	13	2	9.99
71	20	3	9.99
72	27	1	9.99
73	34	2	9.99
74	41	3	9.99
75	48	1	9.99
76	5	2	9.99
77	12	3	9.99
78	19	1	9.99
79	26	2	9.99
80	33	3	9.99
81	40	1	9.99
82	47	2	9.99
83	4	3	9.99
84	11	1	9.99
85	18	2	9.99
86	25	3	9.99
87	32	1	9.99
88	39	2	9.99
89	46	3	9.99
90	3	1	9.99
91	10	2	9.99
92	17	3	9.99
93	24	1	9.99
94	31	2	9.99
95	38	3	9.99
96	45	1	9.99
97	2	2	9.99
98	9	3	9.99
99	16	1	9.99
100	23	2	9.99
101	30	3	9.99
102	37	1	9.99
103	44	2	9.99
104	1	3	9.99
105	8	1	9.99
106	15	2	9.99
107	22	3	9.99
108	29	1	9.99
109	36	2	9.99
110	43	3	9.99
111	50	1	9.99
112	7	2	9.99
113	14	3	9.99
114	21	1	9.99
115	28	2	9.99
116	35	3	9.99
117	42	1	9.99
118	49	2	9.99
119	6	3	9.99
120	13	1	9.99
121	20	2	9.99
122	27	3	9.99
123	34	1	9.99
124	41	2	9.99
125	48	3	9.99
126	5	1	9.99
127	12	2	9.99
128	19	3	9.99
129	26	1	9.99
130	33	2	9.99
131	40	3	9.99
132	47	1	9.99
133	4	2	9.99
134	11	3	9.99
135	18	1	9.99
136	25	2	9.99
137	32	3	9.99
138	39	1	9.99
139	46	2	9.99
140	3	3	9.99
141	10	1	9.99
142	17	2	9.99
143	24	3	9.99
144	31	1	9.99
145	38	2	9.99
146	45	3	9.99
147	2	1	9.99
148	9	2	9.99
149	16	3	9.99
150	23	1	9.99
151	30	2	9.99
152	37	3	9.99
153	44	1	9.99
154	1	2	9.99
155	8	3	9.99
156	15	1	9.99
157	22	2	9.99
158	29	3	9.99
159	36	1	9.99
160	43	2	9.99
161	50	3	9.99
162	7	1	9.99
163	14	2	9.99
164	21	3	9.99
165	28	1	9.99
166	35	2	9.99
167	42	3	9.99
168	49	1	9.99
169	6	2	9.99
170	13	3	9.99
171	20	1	9.99
172	27	2	9.99
173	34	3	9.99
174	41	1	9.99
175	48	2	9.99
176	5	3	9.99
177	12	1	9.99
178	19	2	9.99
179	26	3	9.99
180	33	1	9.99
181	40	2	9.99
182	47	3	9.99
183	4	1	9.99
184	11	2	9.99
185	18	3	9.99
186	25	1	9.99
187	32	2	9.99
188	39	3	9.99
189	46	1	9.99
190	3	2	9.99
191	10	3	9.99
192	17	1	9.99
193	24	2	9.99
194	31	3	9.99
195	38	1	9.99
196	45	2	9.99
197	2	3	9.99
198	9	1	9.99
199	16	2	9.99
200	23	3	9.99
201	30	1	9.99
202	37	2	9.99
203	44	3	9.99
204	1	1	9.99
205	8	2	9.99
206	15	3	9.99
207	22	1	9.99
208	29	2	9.99
209	36	3	9.99
210	43	1	9.99
211	50	2	9.99
212	7	3	9.99
213	14	1	9.99
214	21	2	9.99
215	28	3	9.99
216	35	1	9.99
217	42	2	9.99
218	49	3	9.99
219	6	1	9.99
220	13	2	9.99
221	20	3	9.99
222	27	1	9.99
223	34	2	9.99
224	41	3	9.99
225	48	1	9.99
226	5	2	9.99
227	12	3	9.99
228	19	1	9.99
229	26	2	9.99
230	33	3	9.99
231	40	1	9.99
232	47	2	9.99
233	4	3	9.99
234	11	1	9.99
235	18	2	9.99
236	25	3	9.99
237	32	1	9.99
238	39	2	9.99
239	46	3	9.99
240	3	1	9.99
241	10	2	9.99
242	17	3	9.99
243	24	1	9.99
244	31	2	9.99
245	38	3	9.99
246	45	1	9.99
247	2	2	9.99
248	9	3	9.99
249	16	1	9.99
250	23	2	9.99
251	30	3	9.99
252	37	1	9.99
253	44	2	9.99
254	1	3	9.99
255	8	1	9.99
256	15	2	9.99
257	22	3	9.99
258	29	1	9.99
259	36	2	9.99
260	43	3	9.99
261	50	1	9.99
262	7	2	9.99
263	14	3	9.99
264	21	1	9.99
265	28	2	9.99
266	35	3	9.99
267	42	1	9.99
268	49	2	9.99
269	6	3	9.99
270	13	1	9.99
271	20	2	9.99
272	27	3	9.99
273	34	1	9.99
274	41	2	9.99
275	48	3	9.99
276	5	1	9.99
277	12	2	9.99
278	19	3	9.99
279	26	1	9.99
280	33	2	9.99
281	40	3	9.99
282	47	1	9.99
283	4	2	9.99
284	11	3	9.99
285	18	1	9.99
286	25	2	9.99
287	32	3	9.99
288	39	1	9.99
289	46	2	9.99
290	3	3	9.99
291	10	1	9.99
292	17	2	9.99
293	24	3	9.99
294	31	1	9.99
295	38	2	9.99
296	45	3	9.99
297	2	1	9.99
298	9	2	9.99
299	16	3	9.99
300	23	1	9.99
301	30	2	9.99
302	37	3	9.99
303	44	1	9.99
304	1	2	9.99
305	8	3	9.99
306	15	1	9.99
307	22	2	9.99
308	29	3	9.99
309	36	1	9.99
310	43	2	9.99
311	50	3	9.99
312	7	1	9.99
313	14	2	9.99
314	21	3	9.99
315	28	1	9.99
316	35	2	9.99
317	42	3	9.99
318	49	1	9.99
319	6	2	9.99
320	13	3	9.99
321	20	1	9.99
322	27	2	9.99
323	34	3	9.99
324	41	1	9.99
325	48	2	9.99
326	5	3	9.99
327	12	1	9.99
328	19	2	9.99
329	26	3	9.99
330	33	1	9.99
331	40	2	9.99
332	47	3	9.99
333	4	1	9.99
334	11	2	9.99
335	18	3	9.99
336	25	1	9.99
337	32	2	9.99
338	39	3	9.99
339	46	1	9.99
340	3	2	9.99
341	10	3	9.99
342	17	1	9.99
343	24	2	9.99
344	31	3	9.99
345	38	1	9.99
346	45	2	9.99
347	2	3	9.99
348	9	1	9.99
349	16	2	9.99
350	23	3	9.99
351	30	1	9.99
352	37	2	9.99
353	44	3	9.99
354	1	1	9.99
355	8	2	9.99
356	15	3	9.99
357	22	1	9.99
358	29	2	9.99
359	36	3	9.99
360	43	1	9.99
361	50	2	9.99
362	7	3	9.99
363	14	1	9.99
364	21	2	9.99
365	28	3	9.99
366	35	1	9.99
367	42	2	9.99
368	49	3	9.99
369	6	1	9.99
370	13	2	9.99
371	20	3	9.99
372	27	1	9.99
373	34	2	9.99
374	41	3	9.99
375	48	1	9.99
376	5	2	9.99
377	12	3	9.99
378	19	1	9.99
379	26	2	9.99
380	33	3	9.99
381	40	1	9.99
382	47	2	9.99
383	4	3	9.99
384	11	1	9.99
385	18	2	9.99
386	25	3	9.99
387	32	1	9.99
388	39	2	9.99
389	46	3	9.99
390	3	1	9.99
391	10	2	9.99
392	17	3	9.99
393	24	1	9.99
394	31	2	9.99
395	38	3	9.99
396	45	1	9.99
397	2	2	9.99
398	9	3	9.99
399	16	1	9.99
400	23	2	9.99
\.


--
-- Data for Name: orders; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.orders (id, user_id, status, total, placed_at, shipped_on, coupon_code, comment) FROM stdin;
6	7	shipped	15.30	2024-02-01 13:42:00	2024-03-07	\N	
7	8	cancelled	17.85	2024-02-01 14:19:00	\N	\N	
8	9	pending	20.40	2024-02-01 14:56:00	\N	\N	
9	10	paid	22.95	2024-02-01 15:33:00	\N	\N	
10	11	shipped	25.50	2024-02-01 16:10:00	2024-03-11	\N	
11	12	cancelled	28.05	2024-02-01 16:47:00	\N	\N	
12	13	pending	30.60	2024-02-01 17:24:00	\N	\N	
13	14	paid	33.15	2024-02-01 18:01:00	\N	\N	
14	15	shipped	35.70	2024-02-01 18:38:00	2024-03-15	\N	
15	16	cancelled	38.25	2024-02-01 19:15:00	\N	\N	
16	17	pending	40.80	2024-02-01 19:52:00	\N	\N	
17	18	paid	43.35	2024-02-01 20:29:00	\N	\N	
18	19	shipped	45.90	2024-02-01 21:06:00	2024-03-19	\N	
19	20	cancelled	48.45	2024-02-01 21:43:00	\N	\N	
20	21	pending	51.00	2024-02-01 22:20:00	\N	C1	
21	22	paid	53.55	2024-02-01 22:57:00	\N	\N	
22	23	shipped	56.10	2024-02-01 23:34:00	2024-03-23	\N	
23	24	cancelled	58.65	2024-02-02 00:11:00	\N	\N	
24	25	pending	61.20	2024-02-02 00:48:00	\N	\N	
25	26	paid	63.75	2024-02-02 01:25:00	\N	\N	
26	27	shipped	66.30	2024-02-02 02:02:00	2024-03-27	\N	
27	28	cancelled	68.85	2024-02-02 02:39:00	\N	\N	
28	29	pending	71.40	2024-02-02 03:16:00	\N	\N	
29	30	paid	73.95	2024-02-02 03:53:00	\N	\N	
30	31	shipped	76.50	2024-02-02 04:30:00	2024-03-01	\N	
31	32	cancelled	79.05	2024-02-02 05:07:00	\N	\N	
32	33	pending	81.60	2024-02-02 05:44:00	\N	\N	
33	34	paid	84.15	2024-02-02 06:21:00	\N	\N	
34	35	shipped	86.70	2024-02-02 06:58:00	2024-03-05	\N	
35	36	cancelled	89.25	2024-02-02 07:35:00	\N	\N	
36	37	pending	91.80	2024-02-02 08:12:00	\N	\N	
37	38	paid	94.35	2024-02-02 08:49:00	\N	\N	
38	39	shipped	96.90	2024-02-02 09:26:00	2024-03-09	\N	
39	40	cancelled	99.45	2024-02-02 10:03:00	\N	\N	
40	41	pending	102.00	2024-02-02 10:40:00	\N	C1	
41	42	paid	104.55	2024-02-02 11:17:00	\N	\N	
42	43	shipped	107.10	2024-02-02 11:54:00	2024-03-13	\N	
43	44	cancelled	109.65	2024-02-02 12:31:00	\N	\N	
44	45	pending	112.20	2024-02-02 13:08:00	\N	\N	
45	46	paid	114.75	2024-02-02 13:45:00	\N	\N	
46	47	shipped	117.30	2024-02-02 14:22:00	2024-03-17	\N	
47	48	cancelled	119.85	2024-02-02 14:59:00	\N	\N	
48	49	pending	122.40	2024-02-02 15:36:00	\N	\N	
49	50	paid	124.95	2024-02-02 16:13:00	\N	\N	
50	51	shipped	127.50	2024-02-02 16:50:00	2024-03-21	\N	
51	52	cancelled	130.05	2024-02-02 17:27:00	\N	\N	
52	53	pending	132.60	2024-02-02 18:04:00	\N	\N	
53	54	paid	135.15	2024-02-02 18:41:00	\N	\N	
54	55	shipped	137.70	2024-02-02 19:18:00	2024-03-25	\N	
55	56	cancelled	140.25	2024-02-02 19:55:00	\N	\N	
56	57	pending	142.80	2024-02-02 20:32:00	\N	\N	
57	58	paid	145.35	2024-02-02 21:09:00	\N	\N	
58	59	shipped	147.90	2024-02-02 21:46:00	2024-03-29	\N	
59	60	cancelled	150.45	2024-02-02 22:23:00	\N	\N	
60	61	pending	153.00	2024-02-02 23:00:00	\N	C1	
61	62	paid	155.55	2024-02-02 23:37:00	\N	\N	
62	63	shipped	158.10	2024-02-03 00:14:00	2024-03-03	\N	
63	64	cancelled	160.65	2024-02-03 00:51:00	\N	\N	
64	65	pending	163.20	2024-02-03 01:28:00	\N	\N	
65	66	paid	165.75	2024-02-03 02:05:00	\N	\N	
66	67	shipped	168.30	2024-02-03 02:42:00	2024-03-07	\N	
67	68	cancelled	170.85	2024-02-03 03:19:00	\N	\N	
68	69	pending	173.40	2024-02-03 03:56:00	\N	\N	
69	70	paid	175.95	2024-02-03 04:33:00	\N	\N	
70	71	shipped	178.50	2024-02-03 05:10:00	2024-03-11	\N	
71	72	cancelled	181.05	2024-02-03 05:47:00	\N	\N	
72	73	pending	183.60	2024-02-03 06:24:00	\N	\N	
73	74	paid	186.15	2024-02-03 07:01:00	\N	\N	
74	75	shipped	188.70	2024-02-03 07:38:00	2024-03-15	\N	
75	76	cancelled	191.25	2024-02-03 08:15:00	\N	\N	
76	77	pending	193.80	2024-02-03 08:52:00	\N	\N	
77	78	paid	196.35	2024-02-03 09:29:00	\N	\N	
78	79	shipped	198.90	2024-02-03 10:06:00	2024-03-19	\N	
79	80	cancelled	201.45	2024-02-03 10:43:00	\N	\N	
80	81	pending	204.00	2024-02-03 11:20:00	\N	C1	
81	82	paid	206.55	2024-02-03 11:57:00	\N	\N	
82	83	shipped	209.10	2024-02-03 12:34:00	2024-03-23	\N	
83	84	cancelled	211.65	2024-02-03 13:11:00	\N	\N	
84	85	pending	214.20	2024-02-03 13:48:00	\N	\N	
85	86	paid	216.75	2024-02-03 14:25:00	\N	\N	
86	87	shipped	219.30	2024-02-03 15:02:00	2024-03-27	\N	
87	88	cancelled	221.85	2024-02-03 15:39:00	\N	\N	
88	89	pending	224.40	2024-02-03 16:16:00	\N	\N	
89	90	paid	226.95	2024-02-03 16:53:00	\N	\N	
90	91	shipped	229.50	2024-02-03 17:30:00	2024-03-01	\N	
91	92	cancelled	232.05	2024-02-03 18:07:00	\N	\N	
92	93	pending	234.60	2024-02-03 18:44:00	\N	\N	
93	94	paid	237.15	2024-02-03 19:21:00	\N	\N	
94	95	shipped	239.70	2024-02-03 19:58:00	2024-03-05	\N	
95	96	cancelled	242.25	2024-02-03 20:35:00	\N	\N	
96	97	pending	244.80	2024-02-03 21:12:00	\N	\N	
97	98	paid	247.35	2024-02-03 21:49:00	\N	\N	
98	99	shipped	249.90	2024-02-03 22:26:00	2024-03-09	\N	
99	100	cancelled	252.45	2024-02-03 23:03:00	\N	\N	
100	101	pending	255.00	2024-02-03 23:40:00	\N	C1	
101	102	paid	257.55	2024-02-04 00:17:00	\N	\N	
102	103	shipped	260.10	2024-02-04 00:54:00	2024-03-13	\N	
103	104	cancelled	262.65	2024-02-04 01:31:00	\N	\N	
104	105	pending	265.20	2024-02-04 02:08:00	\N	\N	
105	106	paid	267.75	2024-02-04 02:45:00	\N	\N	
106	107	shipped	270.30	2024-02-04 03:22:00	2024-03-17	\N	
107	108	cancelled	272.85	2024-02-04 03:59:00	\N	\N	
108	109	pending	275.40	2024-02-04 04:36:00	\N	\N	
109	110	paid	277.95	2024-02-04 05:13:00	\N	\N	
110	111	shipped	280.50	2024-02-04 05:50:00	2024-03-21	\N	
111	112	cancelled	283.05	2024-02-04 06:27:00	\N	\N	
112	113	pending	285.60	2024-02-04 07:04:00	\N	\N	
113	114	paid	288.15	2024-02-04 07:41:00	\N	\N	
114	115	shipped	290.70	2024-02-04 08:18:00	2024-03-25	\N	
115	116	cancelled	293.25	2024-02-04 08:55:00	\N	\N	
116	117	pending	295.80	2024-02-04 09:32:00	\N	\N	
117	118	paid	298.35	2024-02-04 10:09:00	\N	\N	
118	119	shipped	300.90	2024-02-04 10:46:00	2024-03-29	\N	
119	120	cancelled	303.45	2024-02-04 11:23:00	\N	\N	
120	121	pending	306.00	2024-02-04 12:00:00	\N	C1	
121	122	paid	308.55	2024-02-04 12:37:00	\N	\N	
122	123	shipped	311.10	2024-02-04 13:14:00	2024-03-03	\N	
123	124	cancelled	313.65	2024-02-04 13:51:00	\N	\N	
124	125	pending	316.20	2024-02-04 14:28:00	\N	\N	
125	126	paid	318.75	2024-02-04 15:05:00	\N	\N	
126	127	shipped	321.30	2024-02-04 15:42:00	2024-03-07	\N	
127	128	cancelled	323.85	2024-02-04 16:19:00	\N	\N	
128	129	pending	326.40	2024-02-04 16:56:00	\N	\N	
129	130	paid	328.95	2024-02-04 17:33:00	\N	\N	
130	131	shipped	331.50	2024-02-04 18:10:00	2024-03-11	\N	
131	132	cancelled	334.05	2024-02-04 18:47:00	\N	\N	
132	133	pending	336.60	2024-02-04 19:24:00	\N	\N	
133	134	paid	339.15	2024-02-04 20:01:00	\N	\N	
134	135	shipped	341.70	2024-02-04 20:38:00	2024-03-15	\N	
135	136	cancelled	344.25	2024-02-04 21:15:00	\N	\N	
136	137	pending	346.80	2024-02-04 21:52:00	\N	\N	
137	138	paid	349.35	2024-02-04 22:29:00	\N	\N	
138	139	shipped	351.90	2024-02-04 23:06:00	2024-03-19	\N	
139	140	cancelled	354.45	2024-02-04 23:43:00	\N	\N	
140	141	pending	357.00	2024-02-05 00:20:00	\N	C1	
141	142	paid	359.55	2024-02-05 00:57:00	\N	\N	
142	143	shipped	362.10	2024-02-05 01:34:00	2024-03-23	\N	
143	144	cancelled	364.65	2024-02-05 02:11:00	\N	\N	
144	145	pending	367.20	2024-02-05 02:48:00	\N	\N	
145	146	paid	369.75	2024-02-05 03:25:00	\N	\N	
146	147	shipped	372.30	2024-02-05 04:02:00	2024-03-27	\N	
147	148	cancelled	374.85	2024-02-05 04:39:00	\N	\N	
148	149	pending	377.40	2024-02-05 05:16:00	\N	\N	
149	150	paid	379.95	2024-02-05 05:53:00	\N	\N	
150	151	shipped	382.50	2024-02-05 06:30:00	2024-03-01	\N	
151	152	cancelled	385.05	2024-02-05 07:07:00	\N	\N	
152	153	pending	387.60	2024-02-05 07:44:00	\N	\N	
153	154	paid	390.15	2024-02-05 08:21:00	\N	\N	
154	155	shipped	392.70	2024-02-05 08:58:00	2024-03-05	\N	
155	156	cancelled	395.25	2024-02-05 09:35:00	\N	\N	
156	157	pending	397.80	2024-02-05 10:12:00	\N	\N	
157	158	paid	400.35	2024-02-05 10:49:00	\N	\N	
158	159	shipped	402.90	2024-02-05 11:26:00	2024-03-09	\N	
159	160	cancelled	405.45	2024-02-05 12:03:00	\N	\N	
160	161	pending	408.00	2024-02-05 12:40:00	\N	C1	
161	162	paid	410.55	2024-02-05 13:17:00	\N	\N	
162	163	shipped	413.10	2024-02-05 13:54:00	2024-03-13	\N	
163	164	cancelled	415.65	2024-02-05 14:31:00	\N	\N	
164	165	pending	418.20	2024-02-05 15:08:00	\N	\N	
165	166	paid	420.75	2024-02-05 15:45:00	\N	\N	
166	167	shipped	423.30	2024-02-05 16:22:00	2024-03-17	\N	
167	168	cancelled	425.85	2024-02-05 16:59:00	\N	\N	
168	169	pending	428.40	2024-02-05 17:36:00	\N	\N	
169	170	paid	430.95	2024-02-05 18:13:00	\N	\N	
170	171	shipped	433.50	2024-02-05 18:50:00	2024-03-21	\N	
171	172	cancelled	436.05	2024-02-05 19:27:00	\N	\N	
172	173	pending	438.60	2024-02-05 20:04:00	\N	\N	
173	174	paid	441.15	2024-02-05 20:41:00	\N	\N	
174	175	shipped	443.70	2024-02-05 21:18:00	2024-03-25	\N	
175	176	cancelled	446.25	2024-02-05 21:55:00	\N	\N	
176	177	pending	448.80	2024-02-05 22:32:00	\N	\N	
177	178	paid	451.35	2024-02-05 23:09:00	\N	\N	
178	179	shipped	453.90	2024-02-05 23:46:00	2024-03-29	\N	
179	180	cancelled	456.45	2024-02-06 00:23:00	\N	\N	
180	181	pending	459.00	2024-02-06 01:00:00	\N	C1	
181	182	paid	461.55	2024-02-06 01:37:00	\N	\N	
182	183	shipped	464.10	2024-02-06 02:14:00	2024-03-03	\N	
183	184	cancelled	466.65	2024-02-06 02:51:00	\N	\N	
184	185	pending	469.20	2024-02-06 03:28:00	\N	\N	
185	186	paid	471.75	2024-02-06 04:05:00	\N	\N	
186	187	shipped	474.30	2024-02-06 04:42:00	2024-03-07	\N	
187	188	cancelled	476.85	2024-02-06 05:19:00	\N	\N	
188	189	pending	479.40	2024-02-06 05:56:00	\N	\N	
189	190	paid	481.95	2024-02-06 06:33:00	\N	\N	
190	191	shipped	484.50	2024-02-06 07:10:00	2024-03-11	\N	
191	192	cancelled	487.05	2024-02-06 07:47:00	\N	\N	
192	193	pending	489.60	2024-02-06 08:24:00	\N	\N	
193	194	paid	492.15	2024-02-06 09:01:00	\N	\N	
194	195	shipped	494.70	2024-02-06 09:38:00	2024-03-15	\N	
195	196	cancelled	497.25	2024-02-06 10:15:00	\N	\N	
196	197	pending	499.80	2024-02-06 10:52:00	\N	\N	
197	198	paid	502.35	2024-02-06 11:29:00	\N	\N	
198	199	shipped	504.90	2024-02-06 12:06:00	2024-03-19	\N	
199	200	cancelled	507.45	2024-02-06 12:43:00	\N	\N	
200	1	pending	510.00	2024-02-06 13:20:00	\N	C1	
201	2	paid	512.55	2024-02-06 13:57:00	\N	\N	
202	3	shipped	515.10	2024-02-06 14:34:00	2024-03-23	\N	
203	4	cancelled	517.65	2024-02-06 15:11:00	\N	\N	
204	5	pending	520.20	2024-02-06 15:48:00	\N	\N	
205	6	paid	522.75	2024-02-06 16:25:00	\N	\N	
206	7	shipped	525.30	2024-02-06 17:02:00	2024-03-27	\N	
207	8	cancelled	527.85	2024-02-06 17:39:00	\N	\N	
208	9	pending	530.40	2024-02-06 18:16:00	\N	\N	
209	10	paid	532.95	2024-02-06 18:53:00	\N	\N	
210	11	shipped	535.50	2024-02-06 19:30:00	2024-03-01	\N	
211	12	cancelled	538.05	2024-02-06 20:07:00	\N	\N	
212	13	pending	540.60	2024-02-06 20:44:00	\N	\N	
213	14	paid	543.15	2024-02-06 21:21:00	\N	\N	
214	15	shipped	545.70	2024-02-06 21:58:00	2024-03-05	\N	
215	16	cancelled	548.25	2024-02-06 22:35:00	\N	\N	
216	17	pending	550.80	2024-02-06 23:12:00	\N	\N	
217	18	paid	553.35	2024-02-06 23:49:00	\N	\N	
218	19	shipped	555.90	2024-02-07 00:26:00	2024-03-09	\N	
219	20	cancelled	558.45	2024-02-07 01:03:00	\N	\N	
220	21	pending	561.00	2024-02-07 01:40:00	\N	C1	
221	22	paid	563.55	2024-02-07 02:17:00	\N	\N	
222	23	shipped	566.10	2024-02-07 02:54:00	2024-03-13	\N	
223	24	cancelled	568.65	2024-02-07 03:31:00	\N	\N	
224	25	pending	571.20	2024-02-07 04:08:00	\N	\N	
225	26	paid	573.75	2024-02-07 04:45:00	\N	\N	
226	27	shipped	576.30	2024-02-07 05:22:00	2024-03-17	\N	
227	28	cancelled	578.85	2024-02-07 05:59:00	\N	\N	
228	29	pending	581.40	2024-02-07 06:36:00	\N	\N	
229	30	paid	583.95	2024-02-07 07:13:00	\N	\N	
230	31	shipped	586.50	2024-02-07 07:50:00	2024-03-21	\N	
231	32	cancelled	589.05	2024-02-07 08:27:00	\N	\N	
232	33	pending	591.60	2024-02-07 09:04:00	\N	\N	
233	34	paid	594.15	2024-02-07 09:41:00	\N	\N	
234	35	shipped	596.70	2024-02-07 10:18:00	2024-03-25	\N	
235	36	cancelled	599.25	2024-02-07 10:55:00	\N	\N	
236	37	pending	601.80	2024-02-07 11:32:00	\N	\N	
237	38	paid	604.35	2024-02-07 12:09:00	\N	\N	
238	39	shipped	606.90	2024-02-07 12:46:00	2024-03-29	\N	
239	40	cancelled	609.45	2024-02-07 13:23:00	\N	\N	
240	41	pending	612.00	2024-02-07 14:00:00	\N	C1	
241	42	paid	614.55	2024-02-07 14:37:00	\N	\N	
242	43	shipped	617.10	2024-02-07 15:14:00	2024-03-03	\N	
243	44	cancelled	619.65	2024-02-07 15:51:00	\N	\N	
244	45	pending	622.20	2024-02-07 16:28:00	\N	\N	
245	46	paid	624.75	2024-02-07 17:05:00	\N	\N	
246	47	shipped	627.30	2024-02-07 17:42:00	2024-03-07	\N	
247	48	cancelled	629.85	2024-02-07 18:19:00	\N	\N	
248	49	pending	632.40	2024-02-07 18:56:00	\N	\N	
249	50	paid	634.95	2024-02-07 19:33:00	\N	\N	
250	51	shipped	637.50	2024-02-07 20:10:00	2024-03-11	\N	
251	52	cancelled	640.05	2024-02-07 20:47:00	\N	\N	
252	53	pending	642.60	2024-02-07 21:24:00	\N	\N	
253	54	paid	645.15	2024-02-07 22:01:00	\N	\N	
254	55	shipped	647.70	2024-02-07 22:38:00	2024-03-15	\N	
255	56	cancelled	650.25	2024-02-07 23:15:00	\N	\N	
256	57	pending	652.80	2024-02-07 23:52:00	\N	\N	
257	58	paid	655.35	2024-02-08 00:29:00	\N	\N	
258	59	shipped	657.90	2024-02-08 01:06:00	2024-03-19	\N	
259	60	cancelled	660.45	2024-02-08 01:43:00	\N	\N	
260	61	pending	663.00	2024-02-08 02:20:00	\N	C1	
261	62	paid	665.55	2024-02-08 02:57:00	\N	\N	
262	63	shipped	668.10	2024-02-08 03:34:00	2024-03-23	\N	
263	64	cancelled	670.65	2024-02-08 04:11:00	\N	\N	
264	65	pending	673.20	2024-02-08 04:48:00	\N	\N	
265	66	paid	675.75	2024-02-08 05:25:00	\N	\N	
266	67	shipped	678.30	2024-02-08 06:02:00	2024-03-27	\N	
267	68	cancelled	680.85	2024-02-08 06:39:00	\N	\N	
268	69	pending	683.40	2024-02-08 07:16:00	\N	\N	
269	70	paid	685.95	2024-02-08 07:53:00	\N	\N	
270	71	shipped	688.50	2024-02-08 08:30:00	2024-03-01	\N	
271	72	cancelled	691.05	2024-02-08 09:07:00	\N	\N	
272	73	pending	693.60	2024-02-08 09:44:00	\N	\N	
273	74	paid	696.15	2024-02-08 10:21:00	\N	\N	
274	75	shipped	698.70	2024-02-08 10:58:00	2024-03-05	\N	
275	76	cancelled	701.25	2024-02-08 11:35:00	\N	\N	
276	77	pending	703.80	2024-02-08 12:12:00	\N	\N	
277	78	paid	706.35	2024-02-08 12:49:00	\N	\N	
278	79	shipped	708.90	2024-02-08 13:26:00	2024-03-09	\N	
279	80	cancelled	711.45	2024-02-08 14:03:00	\N	\N	
280	81	pending	714.00	2024-02-08 14:40:00	\N	C1	
281	82	paid	716.55	2024-02-08 15:17:00	\N	\N	
282	83	shipped	719.10	2024-02-08 15:54:00	2024-03-13	\N	
283	84	cancelled	721.65	2024-02-08 16:31:00	\N	\N	
284	85	pending	724.20	2024-02-08 17:08:00	\N	\N	
285	86	paid	726.75	2024-02-08 17:45:00	\N	\N	
286	87	shipped	729.30	2024-02-08 18:22:00	2024-03-17	\N	
287	88	cancelled	731.85	2024-02-08 18:59:00	\N	\N	
288	89	pending	734.40	2024-02-08 19:36:00	\N	\N	
289	90	paid	736.95	2024-02-08 20:13:00	\N	\N	
290	91	shipped	739.50	2024-02-08 20:50:00	2024-03-21	\N	
291	92	cancelled	742.05	2024-02-08 21:27:00	\N	\N	
292	93	pending	744.60	2024-02-08 22:04:00	\N	\N	
293	94	paid	747.15	2024-02-08 22:41:00	\N	\N	
294	95	shipped	749.70	2024-02-08 23:18:00	2024-03-25	\N	
295	96	cancelled	752.25	2024-02-08 23:55:00	\N	\N	
296	97	pending	754.80	2024-02-09 00:32:00	\N	\N	
297	98	paid	757.35	2024-02-09 01:09:00	\N	\N	
298	99	shipped	759.90	2024-02-09 01:46:00	2024-03-29	\N	
299	100	cancelled	762.45	2024-02-09 02:23:00	\N	\N	
300	101	pending	765.00	2024-02-09 03:00:00	\N	C1	
301	102	paid	767.55	2024-02-09 03:37:00	\N	\N	
302	103	shipped	770.10	2024-02-09 04:14:00	2024-03-03	\N	
303	104	cancelled	772.65	2024-02-09 04:51:00	\N	\N	
304	105	pending	775.20	2024-02-09 05:28:00	\N	\N	
305	106	paid	777.75	2024-02-09 06:05:00	\N	\N	
306	107	shipped	780.30	2024-02-09 06:42:00	2024-03-07	\N	
307	108	cancelled	782.85	2024-02-09 07:19:00	\N	\N	
308	109	pending	785.40	2024-02-09 07:56:00	\N	\N	
309	110	paid	787.95	2024-02-09 08:33:00	\N	\N	
310	111	shipped	790.50	2024-02-09 09:10:00	2024-03-11	\N	
311	112	cancelled	793.05	2024-02-09 09:47:00	\N	\N	
312	113	pending	795.60	2024-02-09 10:24:00	\N	\N	
313	114	paid	798.15	2024-02-09 11:01:00	\N	\N	
314	115	shipped	800.70	2024-02-09 11:38:00	2024-03-15	\N	
315	116	cancelled	803.25	2024-02-09 12:15:00	\N	\N	
316	117	pending	805.80	2024-02-09 12:52:00	\N	\N	
317	118	paid	808.35	2024-02-09 13:29:00	\N	\N	
318	119	shipped	810.90	2024-02-09 14:06:00	2024-03-19	\N	
319	120	cancelled	813.45	2024-02-09 14:43:00	\N	\N	
320	121	pending	816.00	2024-02-09 15:20:00	\N	C1	
321	122	paid	818.55	2024-02-09 15:57:00	\N	\N	
322	123	shipped	821.10	2024-02-09 16:34:00	2024-03-23	\N	
323	124	cancelled	823.65	2024-02-09 17:11:00	\N	\N	
324	125	pending	826.20	2024-02-09 17:48:00	\N	\N	
325	126	paid	828.75	2024-02-09 18:25:00	\N	\N	
326	127	shipped	831.30	2024-02-09 19:02:00	2024-03-27	\N	
327	128	cancelled	833.85	2024-02-09 19:39:00	\N	\N	
328	129	pending	836.40	2024-02-09 20:16:00	\N	\N	
329	130	paid	838.95	2024-02-09 20:53:00	\N	\N	
330	131	shipped	841.50	2024-02-09 21:30:00	2024-03-01	\N	
331	132	cancelled	844.05	2024-02-09 22:07:00	\N	\N	
332	133	pending	846.60	2024-02-09 22:44:00	\N	\N	
333	134	paid	849.15	2024-02-09 23:21:00	\N	\N	
334	135	shipped	851.70	2024-02-09 23:58:00	2024-03-05	\N	
335	136	cancelled	854.25	2024-02-10 00:35:00	\N	\N	
336	137	pending	856.80	2024-02-10 01:12:00	\N	\N	
337	138	paid	859.35	2024-02-10 01:49:00	\N	\N	
338	139	shipped	861.90	2024-02-10 02:26:00	2024-03-09	\N	
339	140	cancelled	864.45	2024-02-10 03:03:00	\N	\N	
340	141	pending	867.00	2024-02-10 03:40:00	\N	C1	
341	142	paid	869.55	2024-02-10 04:17:00	\N	\N	
342	143	shipped	872.10	2024-02-10 04:54:00	2024-03-13	\N	
343	144	cancelled	874.65	2024-02-10 05:31:00	\N	\N	
344	145	pending	877.20	2024-02-10 06:08:00	\N	\N	
345	146	paid	879.75	2024-02-10 06:45:00	\N	\N	
346	147	shipped	882.30	2024-02-10 07:22:00	2024-03-17	\N	
347	148	cancelled	884.85	2024-02-10 07:59:00	\N	\N	
348	149	pending	887.40	2024-02-10 08:36:00	\N	\N	
349	150	paid	889.95	2024-02-10 09:13:00	\N	\N	
350	151	shipped	892.50	2024-02-10 09:50:00	2024-03-21	\N	
351	152	cancelled	895.05	2024-02-10 10:27:00	\N	\N	
352	153	pending	897.60	2024-02-10 11:04:00	\N	\N	
353	154	paid	900.15	2024-02-10 11:41:00	\N	\N	
354	155	shipped	902.70	2024-02-10 12:18:00	2024-03-25	\N	
355	156	cancelled	905.25	2024-02-10 12:55:00	\N	\N	
356	157	pending	907.80	2024-02-10 13:32:00	\N	\N	
357	158	paid	910.35	2024-02-10 14:09:00	\N	\N	
358	159	shipped	912.90	2024-02-10 14:46:00	2024-03-29	\N	
359	160	cancelled	915.45	2024-02-10 15:23:00	\N	\N	
360	161	pending	918.00	2024-02-10 16:00:00	\N	C1	
361	162	paid	920.55	2024-02-10 16:37:00	\N	\N	
362	163	shipped	923.10	2024-02-10 17:14:00	2024-03-03	\N	
363	164	cancelled	925.65	2024-02-10 17:51:00	\N	\N	
364	165	pending	928.20	2024-02-10 18:28:00	\N	\N	
365	166	paid	930.75	2024-02-10 19:05:00	\N	\N	
366	167	shipped	933.30	2024-02-10 19:42:00	2024-03-07	\N	
367	168	cancelled	935.85	2024-02-10 20:19:00	\N	\N	
368	169	pending	938.40	2024-02-10 20:56:00	\N	\N	
369	170	paid	940.95	2024-02-10 21:33:00	\N	\N	
370	171	shipped	943.50	2024-02-10 22:10:00	2024-03-11	\N	
371	172	cancelled	946.05	2024-02-10 22:47:00	\N	\N	
372	173	pending	948.60	2024-02-10 23:24:00	\N	\N	
373	174	paid	951.15	2024-02-11 00:01:00	\N	\N	
374	175	shipped	953.70	2024-02-11 00:38:00	2024-03-15	\N	
375	176	cancelled	956.25	2024-02-11 01:15:00	\N	\N	
376	177	pending	958.80	2024-02-11 01:52:00	\N	\N	
377	178	paid	961.35	2024-02-11 02:29:00	\N	\N	
378	179	shipped	963.90	2024-02-11 03:06:00	2024-03-19	\N	
379	180	cancelled	966.45	2024-02-11 03:43:00	\N	\N	
380	181	pending	969.00	2024-02-11 04:20:00	\N	C1	
381	182	paid	971.55	2024-02-11 04:57:00	\N	\N	
382	183	shipped	974.10	2024-02-11 05:34:00	2024-03-23	\N	
383	184	cancelled	976.65	2024-02-11 06:11:00	\N	\N	
384	185	pending	979.20	2024-02-11 06:48:00	\N	\N	
385	186	paid	981.75	2024-02-11 07:25:00	\N	\N	
386	187	shipped	984.30	2024-02-11 08:02:00	2024-03-27	\N	
387	188	cancelled	986.85	2024-02-11 08:39:00	\N	\N	
388	189	pending	989.40	2024-02-11 09:16:00	\N	\N	
389	190	paid	991.95	2024-02-11 09:53:00	\N	\N	
390	191	shipped	994.50	2024-02-11 10:30:00	2024-03-01	\N	
391	192	cancelled	997.05	2024-02-11 11:07:00	\N	\N	
392	193	pending	999.60	2024-02-11 11:44:00	\N	\N	
393	194	paid	1002.15	2024-02-11 12:21:00	\N	\N	
394	195	shipped	1004.70	2024-02-11 12:58:00	2024-03-05	\N	
395	196	cancelled	1007.25	2024-02-11 13:35:00	\N	\N	
396	197	pending	1009.80	2024-02-11 14:12:00	\N	\N	
397	198	paid	1012.35	2024-02-11 14:49:00	\N	\N	
398	199	shipped	1014.90	2024-02-11 15:26:00	2024-03-09	\N	
399	200	cancelled	1017.45	2024-02-11 16:03:00	\N	\N	
400	1	pending	1020.00	2024-02-11 16:40:00	\N	C1	
1	2	paid	2.55	2024-02-01 10:37:00	\N	\N	gift
2	3	shipped	5.10	2024-02-01 11:14:00	2024-03-03	\N	gift
3	4	cancelled	7.65	2024-02-01 11:51:00	\N	\N	gift
4	5	pending	10.20	2024-02-01 12:28:00	\N	\N	gift
5	6	paid	12.75	2024-02-01 13:05:00	\N	\N	gift
\.


--
-- Data for Name: owned_notes; Type: TABLE DATA; Schema: public; Owner: corpus_owner
--

COPY public.owned_notes (id, note) FROM stdin;
1	note 1
2	note 2
3	note 3
4	note 4
5	note 5
\.


--
-- Data for Name: product_categories; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.product_categories (product_id, category_id) FROM stdin;
1	2
2	3
3	4
4	5
5	6
6	7
7	8
8	9
9	10
10	1
11	2
12	3
13	4
14	5
15	6
16	7
17	8
18	9
19	10
20	1
21	2
22	3
23	4
24	5
25	6
26	7
27	8
28	9
29	10
30	1
31	2
32	3
33	4
34	5
35	6
36	7
37	8
38	9
39	10
40	1
41	2
42	3
43	4
44	5
45	6
46	7
47	8
48	9
49	10
50	1
\.


--
-- Data for Name: products; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.products (id, sku, name, price, weight, stock, attributes) FROM stdin;
1	SKU-0001	Product 1	3.33	0.251	2	"colour"=>"blue"
2	SKU-0002	Product 2	6.66	0.501	4	"colour"=>"red"
3	SKU-0003	Product 3	9.99	0.751	6	"colour"=>"blue"
4	SKU-0004	Product 4	13.32	1.001	8	"colour"=>"red"
5	SKU-0005	Product 5	16.65	1.251	10	"colour"=>"blue"
6	SKU-0006	Product 6	19.98	1.501	12	"colour"=>"red"
7	SKU-0007	Product 7	23.31	1.751	14	"colour"=>"blue"
8	SKU-0008	Product 8	26.64	2.001	16	"colour"=>"red"
9	SKU-0009	Product 9	29.97	2.251	18	"colour"=>"blue"
10	SKU-0010	Product 10	33.30	2.501	20	"colour"=>"red"
11	SKU-0011	Product 11	36.63	2.751	22	"colour"=>"blue"
12	SKU-0012	Product 12	39.96	3.001	24	"colour"=>"red"
13	SKU-0013	Product 13	43.29	3.251	26	"colour"=>"blue"
14	SKU-0014	Product 14	46.62	3.501	28	"colour"=>"red"
15	SKU-0015	Product 15	49.95	3.751	30	"colour"=>"blue"
16	SKU-0016	Product 16	53.28	4.001	32	"colour"=>"red"
17	SKU-0017	Product 17	56.61	4.251	34	"colour"=>"blue"
18	SKU-0018	Product 18	59.94	4.501	36	"colour"=>"red"
19	SKU-0019	Product 19	63.27	4.751	38	"colour"=>"blue"
20	SKU-0020	Product 20	66.60	5.001	40	"colour"=>"red"
21	SKU-0021	Product 21	69.93	5.251	42	"colour"=>"blue"
22	SKU-0022	Product 22	73.26	5.501	44	"colour"=>"red"
23	SKU-0023	Product 23	76.59	5.751	46	"colour"=>"blue"
24	SKU-0024	Product 24	79.92	6.001	48	"colour"=>"red"
25	SKU-0025	Product 25	83.25	6.251	50	"colour"=>"blue"
26	SKU-0026	Product 26	86.58	6.501	52	"colour"=>"red"
27	SKU-0027	Product 27	89.91	6.751	54	"colour"=>"blue"
28	SKU-0028	Product 28	93.24	7.001	56	"colour"=>"red"
29	SKU-0029	Product 29	96.57	7.251	58	"colour"=>"blue"
30	SKU-0030	Product 30	99.90	7.501	60	"colour"=>"red"
31	SKU-0031	Product 31	103.23	7.751	62	"colour"=>"blue"
32	SKU-0032	Product 32	106.56	8.001	64	"colour"=>"red"
33	SKU-0033	Product 33	109.89	8.251	66	"colour"=>"blue"
34	SKU-0034	Product 34	113.22	8.501	68	"colour"=>"red"
35	SKU-0035	Product 35	116.55	8.751	70	"colour"=>"blue"
36	SKU-0036	Product 36	119.88	9.001	72	"colour"=>"red"
37	SKU-0037	Product 37	123.21	9.251	74	"colour"=>"blue"
38	SKU-0038	Product 38	126.54	9.501	76	"colour"=>"red"
39	SKU-0039	Product 39	129.87	9.751	78	"colour"=>"blue"
40	SKU-0040	Product 40	133.20	10.001	80	"colour"=>"red"
41	SKU-0041	Product 41	136.53	10.251	82	"colour"=>"blue"
42	SKU-0042	Product 42	139.86	10.501	84	"colour"=>"red"
43	SKU-0043	Product 43	143.19	10.751	86	"colour"=>"blue"
44	SKU-0044	Product 44	146.52	11.001	88	"colour"=>"red"
45	SKU-0045	Product 45	149.85	11.251	90	"colour"=>"blue"
46	SKU-0046	Product 46	153.18	11.501	92	"colour"=>"red"
47	SKU-0047	Product 47	156.51	11.751	94	"colour"=>"blue"
48	SKU-0048	Product 48	159.84	12.001	96	"colour"=>"red"
49	SKU-0049	Product 49	163.17	12.251	98	"colour"=>"blue"
50	SKU-0050	Product 50	166.50	12.501	100	"colour"=>"red"
\.


--
-- Data for Name: regions_eu; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.regions_eu (code, n) FROM stdin;
eu	2
eu	4
eu	6
eu	8
eu	10
\.


--
-- Data for Name: regions_us; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.regions_us (code, n) FROM stdin;
us	1
us	3
us	5
us	7
us	9
\.


--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.users (id, email, name, nickname, age, balance, role, tags, settings, payload, note, home, login_name, birth, last_ip, is_active, created_at, updated_at, deleted_at) FROM stdin;
1	user1@example.org	User Number 1	\N	19	1.37	user	{t1,all}	{"n": 1, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n1        	("Street 1","City 1",00001)	Login1	1980-01-31	10.0.0.1/24	t	2024-01-01 01:00:00+00	\N	\N
2	user2@example.org	User Number 2	nick2	20	2.74	user	{t2,all}	{"n": 2, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n2        	("Street 2","City 2",00002)	Login2	1980-03-01	10.0.0.2/24	t	2024-01-01 02:00:00+00	\N	\N
3	user3@example.org	User Number 3	\N	21	4.11	user	{t3,all}	{"n": 3, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n3        	("Street 3","City 3",00003)	Login3	1980-03-31	10.0.0.3/24	t	2024-01-01 03:00:00+00	\N	\N
4	user4@example.org	User Number 4	nick4	22	5.48	user	{t4,all}	{"n": 4, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n4        	("Street 4","City 4",00004)	Login4	1980-04-30	10.0.0.4/24	t	2024-01-01 04:00:00+00	\N	\N
5	user5@example.org	User Number 5	\N	23	6.85	user	{t0,all}	{"n": 5, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n5        	("Street 5","City 5",00005)	Login5	1980-05-30	10.0.0.5/24	t	2024-01-01 05:00:00+00	\N	\N
6	user6@example.org	User Number 6	nick6	24	8.22	user	{t1,all}	{"n": 6, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n6        	("Street 6","City 6",00006)	Login6	1980-06-29	10.0.0.6/24	t	2024-01-01 06:00:00+00	\N	\N
7	user7@example.org	User Number 7	\N	25	9.59	user	{t2,all}	{"n": 7, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n7        	("Street 7","City 0",00007)	Login7	1980-07-29	10.0.0.7/24	t	2024-01-01 07:00:00+00	\N	\N
8	user8@example.org	User Number 8	nick8	26	10.96	user	{t3,all}	{"n": 8, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n8        	("Street 8","City 1",00008)	Login8	1980-08-28	10.0.0.8/24	t	2024-01-01 08:00:00+00	\N	\N
9	user9@example.org	User Number 9	\N	27	12.33	user	{t4,all}	{"n": 9, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n9        	("Street 9","City 2",00009)	Login9	1980-09-27	10.0.0.9/24	t	2024-01-01 09:00:00+00	\N	\N
10	user10@example.org	User Number 10	nick10	28	13.70	user	{t0,all}	{"n": 10, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n10       	("Street 10","City 3",00010)	Login10	1980-10-27	10.0.0.10/24	t	2024-01-01 10:00:00+00	\N	\N
11	user11@example.org	User Number 11	\N	29	15.07	user	{t1,all}	{"n": 11, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n11       	("Street 11","City 4",00011)	Login11	1980-11-26	10.0.0.11/24	t	2024-01-01 11:00:00+00	\N	\N
12	user12@example.org	User Number 12	nick12	30	16.44	user	{t2,all}	{"n": 12, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n12       	("Street 12","City 5",00012)	Login12	1980-12-26	10.0.0.12/24	t	2024-01-01 12:00:00+00	\N	\N
13	user13@example.org	User Number 13	\N	31	17.81	user	{t3,all}	{"n": 13, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n13       	("Street 13","City 6",00013)	Login13	1981-01-25	10.0.0.13/24	t	2024-01-01 13:00:00+00	\N	\N
14	user14@example.org	User Number 14	nick14	32	19.18	user	{t4,all}	{"n": 14, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n14       	("Street 14","City 0",00014)	Login14	1981-02-24	10.0.0.14/24	t	2024-01-01 14:00:00+00	\N	\N
15	user15@example.org	User Number 15	\N	33	20.55	user	{t0,all}	{"n": 15, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n15       	("Street 15","City 1",00015)	Login15	1981-03-26	10.0.0.15/24	t	2024-01-01 15:00:00+00	\N	\N
16	user16@example.org	User Number 16	nick16	34	21.92	user	{t1,all}	{"n": 16, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n16       	("Street 16","City 2",00016)	Login16	1981-04-25	10.0.0.16/24	t	2024-01-01 16:00:00+00	\N	\N
17	user17@example.org	User Number 17	\N	35	23.29	user	{t2,all}	{"n": 17, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n17       	("Street 17","City 3",00017)	Login17	1981-05-25	10.0.0.17/24	t	2024-01-01 17:00:00+00	\N	\N
18	user18@example.org	User Number 18	nick18	36	24.66	user	{t3,all}	{"n": 18, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n18       	("Street 18","City 4",00018)	Login18	1981-06-24	10.0.0.18/24	t	2024-01-01 18:00:00+00	\N	\N
19	user19@example.org	User Number 19	\N	37	26.03	user	{t4,all}	{"n": 19, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n19       	("Street 19","City 5",00019)	Login19	1981-07-24	10.0.0.19/24	t	2024-01-01 19:00:00+00	\N	\N
20	user20@example.org	User Number 20	nick20	38	27.40	user	{t0,all}	{"n": 20, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n20       	("Street 20","City 6",00020)	Login20	1981-08-23	10.0.0.20/24	t	2024-01-01 20:00:00+00	\N	\N
21	user21@example.org	User Number 21	\N	39	28.77	user	{t1,all}	{"n": 21, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n21       	("Street 21","City 0",00021)	Login21	1981-09-22	10.0.0.21/24	t	2024-01-01 21:00:00+00	\N	\N
22	user22@example.org	User Number 22	nick22	40	30.14	user	{t2,all}	{"n": 22, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n22       	("Street 22","City 1",00022)	Login22	1981-10-22	10.0.0.22/24	t	2024-01-01 22:00:00+00	\N	\N
23	user23@example.org	User Number 23	\N	41	31.51	user	{t3,all}	{"n": 23, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n23       	("Street 23","City 2",00023)	Login23	1981-11-21	10.0.0.23/24	t	2024-01-01 23:00:00+00	\N	\N
24	user24@example.org	User Number 24	nick24	42	32.88	user	{t4,all}	{"n": 24, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n24       	("Street 24","City 3",00024)	Login24	1981-12-21	10.0.0.24/24	t	2024-01-02 00:00:00+00	\N	\N
25	user25@example.org	User Number 25	\N	43	34.25	user	{t0,all}	{"n": 25, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n25       	("Street 25","City 4",00025)	Login25	1982-01-20	10.0.0.25/24	t	2024-01-02 01:00:00+00	\N	\N
26	user26@example.org	User Number 26	nick26	44	35.62	user	{t1,all}	{"n": 26, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n26       	("Street 26","City 5",00026)	Login26	1982-02-19	10.0.0.26/24	t	2024-01-02 02:00:00+00	\N	\N
27	user27@example.org	User Number 27	\N	45	36.99	user	{t2,all}	{"n": 27, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n27       	("Street 27","City 6",00027)	Login27	1982-03-21	10.0.0.27/24	t	2024-01-02 03:00:00+00	\N	\N
28	user28@example.org	User Number 28	nick28	46	38.36	user	{t3,all}	{"n": 28, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n28       	("Street 28","City 0",00028)	Login28	1982-04-20	10.0.0.28/24	t	2024-01-02 04:00:00+00	\N	\N
29	user29@example.org	User Number 29	\N	47	39.73	user	{t4,all}	{"n": 29, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n29       	("Street 29","City 1",00029)	Login29	1982-05-20	10.0.0.29/24	t	2024-01-02 05:00:00+00	\N	\N
30	user30@example.org	User Number 30	nick30	48	41.10	user	{t0,all}	{"n": 30, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n30       	("Street 30","City 2",00030)	Login30	1982-06-19	10.0.0.30/24	t	2024-01-02 06:00:00+00	\N	\N
31	user31@example.org	User Number 31	\N	49	42.47	user	{t1,all}	{"n": 31, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n31       	("Street 31","City 3",00031)	Login31	1982-07-19	10.0.0.31/24	t	2024-01-02 07:00:00+00	\N	\N
32	user32@example.org	User Number 32	nick32	50	43.84	user	{t2,all}	{"n": 32, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n32       	("Street 32","City 4",00032)	Login32	1982-08-18	10.0.0.32/24	t	2024-01-02 08:00:00+00	\N	\N
33	user33@example.org	User Number 33	\N	51	45.21	user	{t3,all}	{"n": 33, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n33       	("Street 33","City 5",00033)	Login33	1982-09-17	10.0.0.33/24	t	2024-01-02 09:00:00+00	\N	\N
34	user34@example.org	User Number 34	nick34	52	46.58	user	{t4,all}	{"n": 34, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n34       	("Street 34","City 6",00034)	Login34	1982-10-17	10.0.0.34/24	t	2024-01-02 10:00:00+00	\N	\N
35	user35@example.org	User Number 35	\N	53	47.95	user	{t0,all}	{"n": 35, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n35       	("Street 35","City 0",00035)	Login35	1982-11-16	10.0.0.35/24	t	2024-01-02 11:00:00+00	\N	\N
36	user36@example.org	User Number 36	nick36	54	49.32	user	{t1,all}	{"n": 36, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n36       	("Street 36","City 1",00036)	Login36	1982-12-16	10.0.0.36/24	t	2024-01-02 12:00:00+00	\N	\N
37	user37@example.org	User Number 37	\N	55	50.69	user	{t2,all}	{"n": 37, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n37       	("Street 37","City 2",00037)	Login37	1983-01-15	10.0.0.37/24	t	2024-01-02 13:00:00+00	\N	\N
38	user38@example.org	User Number 38	nick38	56	52.06	user	{t3,all}	{"n": 38, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n38       	("Street 38","City 3",00038)	Login38	1983-02-14	10.0.0.38/24	t	2024-01-02 14:00:00+00	\N	\N
39	user39@example.org	User Number 39	\N	57	53.43	user	{t4,all}	{"n": 39, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n39       	("Street 39","City 4",00039)	Login39	1983-03-16	10.0.0.39/24	t	2024-01-02 15:00:00+00	\N	\N
40	user40@example.org	User Number 40	nick40	58	54.80	user	{t0,all}	{"n": 40, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n40       	("Street 40","City 5",00040)	Login40	1983-04-15	10.0.0.40/24	t	2024-01-02 16:00:00+00	\N	\N
41	user41@example.org	User Number 41	\N	59	56.17	user	{t1,all}	{"n": 41, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n41       	("Street 41","City 6",00041)	Login41	1983-05-15	10.0.0.41/24	t	2024-01-02 17:00:00+00	\N	\N
42	user42@example.org	User Number 42	nick42	60	57.54	user	{t2,all}	{"n": 42, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n42       	("Street 42","City 0",00042)	Login42	1983-06-14	10.0.0.42/24	t	2024-01-02 18:00:00+00	\N	\N
43	user43@example.org	User Number 43	\N	61	58.91	user	{t3,all}	{"n": 43, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n43       	("Street 43","City 1",00043)	Login43	1983-07-14	10.0.0.43/24	t	2024-01-02 19:00:00+00	\N	\N
44	user44@example.org	User Number 44	nick44	62	60.28	user	{t4,all}	{"n": 44, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n44       	("Street 44","City 2",00044)	Login44	1983-08-13	10.0.0.44/24	t	2024-01-02 20:00:00+00	\N	\N
45	user45@example.org	User Number 45	\N	63	61.65	user	{t0,all}	{"n": 45, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n45       	("Street 45","City 3",00045)	Login45	1983-09-12	10.0.0.45/24	t	2024-01-02 21:00:00+00	\N	\N
46	user46@example.org	User Number 46	nick46	64	63.02	user	{t1,all}	{"n": 46, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n46       	("Street 46","City 4",00046)	Login46	1983-10-12	10.0.0.46/24	t	2024-01-02 22:00:00+00	\N	\N
47	user47@example.org	User Number 47	\N	65	64.39	user	{t2,all}	{"n": 47, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n47       	("Street 47","City 5",00047)	Login47	1983-11-11	10.0.0.47/24	t	2024-01-02 23:00:00+00	\N	\N
48	user48@example.org	User Number 48	nick48	66	65.76	user	{t3,all}	{"n": 48, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n48       	("Street 48","City 6",00048)	Login48	1983-12-11	10.0.0.48/24	t	2024-01-03 00:00:00+00	\N	\N
49	user49@example.org	User Number 49	\N	67	67.13	user	{t4,all}	{"n": 49, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n49       	("Street 49","City 0",00049)	Login49	1984-01-10	10.0.0.49/24	t	2024-01-03 01:00:00+00	\N	\N
50	user50@example.org	User Number 50	nick50	68	68.50	admin	{t0,all}	{"n": 50, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n50       	("Street 50","City 1",00050)	Login50	1984-02-09	10.0.0.50/24	t	2024-01-03 02:00:00+00	\N	\N
51	user51@example.org	User Number 51	\N	69	69.87	user	{t1,all}	{"n": 51, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n51       	("Street 51","City 2",00051)	Login51	1984-03-10	10.0.0.51/24	t	2024-01-03 03:00:00+00	\N	\N
52	user52@example.org	User Number 52	nick52	70	71.24	user	{t2,all}	{"n": 52, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n52       	("Street 52","City 3",00052)	Login52	1984-04-09	10.0.0.52/24	t	2024-01-03 04:00:00+00	\N	\N
53	user53@example.org	User Number 53	\N	71	72.61	user	{t3,all}	{"n": 53, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n53       	("Street 53","City 4",00053)	Login53	1984-05-09	10.0.0.53/24	t	2024-01-03 05:00:00+00	\N	\N
54	user54@example.org	User Number 54	nick54	72	73.98	user	{t4,all}	{"n": 54, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n54       	("Street 54","City 5",00054)	Login54	1984-06-08	10.0.0.54/24	t	2024-01-03 06:00:00+00	\N	\N
55	user55@example.org	User Number 55	\N	73	75.35	user	{t0,all}	{"n": 55, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n55       	("Street 55","City 6",00055)	Login55	1984-07-08	10.0.0.55/24	t	2024-01-03 07:00:00+00	\N	\N
56	user56@example.org	User Number 56	nick56	74	76.72	user	{t1,all}	{"n": 56, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n56       	("Street 56","City 0",00056)	Login56	1984-08-07	10.0.0.56/24	t	2024-01-03 08:00:00+00	\N	\N
57	user57@example.org	User Number 57	\N	75	78.09	user	{t2,all}	{"n": 57, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n57       	("Street 57","City 1",00057)	Login57	1984-09-06	10.0.0.57/24	t	2024-01-03 09:00:00+00	\N	\N
58	user58@example.org	User Number 58	nick58	76	79.46	user	{t3,all}	{"n": 58, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n58       	("Street 58","City 2",00058)	Login58	1984-10-06	10.0.0.58/24	t	2024-01-03 10:00:00+00	\N	\N
59	user59@example.org	User Number 59	\N	77	80.83	user	{t4,all}	{"n": 59, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n59       	("Street 59","City 3",00059)	Login59	1984-11-05	10.0.0.59/24	t	2024-01-03 11:00:00+00	\N	\N
60	user60@example.org	User Number 60	nick60	18	82.20	user	{t0,all}	{"n": 60, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n60       	("Street 60","City 4",00060)	Login60	1984-12-05	10.0.0.60/24	t	2024-01-03 12:00:00+00	\N	\N
61	user61@example.org	User Number 61	\N	19	83.57	user	{t1,all}	{"n": 61, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n61       	("Street 61","City 5",00061)	Login61	1985-01-04	10.0.0.61/24	t	2024-01-03 13:00:00+00	\N	\N
62	user62@example.org	User Number 62	nick62	20	84.94	user	{t2,all}	{"n": 62, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n62       	("Street 62","City 6",00062)	Login62	1985-02-03	10.0.0.62/24	t	2024-01-03 14:00:00+00	\N	\N
63	user63@example.org	User Number 63	\N	21	86.31	user	{t3,all}	{"n": 63, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n63       	("Street 63","City 0",00063)	Login63	1985-03-05	10.0.0.63/24	t	2024-01-03 15:00:00+00	\N	\N
64	user64@example.org	User Number 64	nick64	22	87.68	user	{t4,all}	{"n": 64, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n64       	("Street 64","City 1",00064)	Login64	1985-04-04	10.0.0.64/24	t	2024-01-03 16:00:00+00	\N	\N
65	user65@example.org	User Number 65	\N	23	89.05	user	{t0,all}	{"n": 65, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n65       	("Street 65","City 2",00065)	Login65	1985-05-04	10.0.0.65/24	t	2024-01-03 17:00:00+00	\N	\N
66	user66@example.org	User Number 66	nick66	24	90.42	user	{t1,all}	{"n": 66, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n66       	("Street 66","City 3",00066)	Login66	1985-06-03	10.0.0.66/24	t	2024-01-03 18:00:00+00	\N	\N
67	user67@example.org	User Number 67	\N	25	91.79	user	{t2,all}	{"n": 67, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n67       	("Street 67","City 4",00067)	Login67	1985-07-03	10.0.0.67/24	t	2024-01-03 19:00:00+00	\N	\N
68	user68@example.org	User Number 68	nick68	26	93.16	user	{t3,all}	{"n": 68, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n68       	("Street 68","City 5",00068)	Login68	1985-08-02	10.0.0.68/24	t	2024-01-03 20:00:00+00	\N	\N
69	user69@example.org	User Number 69	\N	27	94.53	user	{t4,all}	{"n": 69, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n69       	("Street 69","City 6",00069)	Login69	1985-09-01	10.0.0.69/24	t	2024-01-03 21:00:00+00	\N	\N
70	user70@example.org	User Number 70	nick70	28	95.90	user	{t0,all}	{"n": 70, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n70       	("Street 70","City 0",00070)	Login70	1985-10-01	10.0.0.70/24	t	2024-01-03 22:00:00+00	\N	\N
71	user71@example.org	User Number 71	\N	29	97.27	user	{t1,all}	{"n": 71, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n71       	("Street 71","City 1",00071)	Login71	1985-10-31	10.0.0.71/24	t	2024-01-03 23:00:00+00	\N	\N
72	user72@example.org	User Number 72	nick72	30	98.64	user	{t2,all}	{"n": 72, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n72       	("Street 72","City 2",00072)	Login72	1985-11-30	10.0.0.72/24	t	2024-01-04 00:00:00+00	\N	\N
73	user73@example.org	User Number 73	\N	31	100.01	user	{t3,all}	{"n": 73, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n73       	("Street 73","City 3",00073)	Login73	1985-12-30	10.0.0.73/24	t	2024-01-04 01:00:00+00	\N	\N
74	user74@example.org	User Number 74	nick74	32	101.38	user	{t4,all}	{"n": 74, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n74       	("Street 74","City 4",00074)	Login74	1986-01-29	10.0.0.74/24	t	2024-01-04 02:00:00+00	\N	\N
75	user75@example.org	User Number 75	\N	33	102.75	user	{t0,all}	{"n": 75, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n75       	("Street 75","City 5",00075)	Login75	1986-02-28	10.0.0.75/24	t	2024-01-04 03:00:00+00	\N	\N
76	user76@example.org	User Number 76	nick76	34	104.12	user	{t1,all}	{"n": 76, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n76       	("Street 76","City 6",00076)	Login76	1986-03-30	10.0.0.76/24	t	2024-01-04 04:00:00+00	\N	\N
77	user77@example.org	User Number 77	\N	35	105.49	user	{t2,all}	{"n": 77, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n77       	("Street 77","City 0",00077)	Login77	1986-04-29	10.0.0.77/24	t	2024-01-04 05:00:00+00	\N	\N
78	user78@example.org	User Number 78	nick78	36	106.86	user	{t3,all}	{"n": 78, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n78       	("Street 78","City 1",00078)	Login78	1986-05-29	10.0.0.78/24	t	2024-01-04 06:00:00+00	\N	\N
79	user79@example.org	User Number 79	\N	37	108.23	user	{t4,all}	{"n": 79, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n79       	("Street 79","City 2",00079)	Login79	1986-06-28	10.0.0.79/24	t	2024-01-04 07:00:00+00	\N	\N
80	user80@example.org	User Number 80	nick80	38	109.60	user	{t0,all}	{"n": 80, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n80       	("Street 80","City 3",00080)	Login80	1986-07-28	10.0.0.80/24	t	2024-01-04 08:00:00+00	\N	\N
81	user81@example.org	User Number 81	\N	39	110.97	user	{t1,all}	{"n": 81, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n81       	("Street 81","City 4",00081)	Login81	1986-08-27	10.0.0.81/24	t	2024-01-04 09:00:00+00	\N	\N
82	user82@example.org	User Number 82	nick82	40	112.34	user	{t2,all}	{"n": 82, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n82       	("Street 82","City 5",00082)	Login82	1986-09-26	10.0.0.82/24	t	2024-01-04 10:00:00+00	\N	\N
83	user83@example.org	User Number 83	\N	41	113.71	user	{t3,all}	{"n": 83, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n83       	("Street 83","City 6",00083)	Login83	1986-10-26	10.0.0.83/24	t	2024-01-04 11:00:00+00	\N	\N
84	user84@example.org	User Number 84	nick84	42	115.08	user	{t4,all}	{"n": 84, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n84       	("Street 84","City 0",00084)	Login84	1986-11-25	10.0.0.84/24	t	2024-01-04 12:00:00+00	\N	\N
85	user85@example.org	User Number 85	\N	43	116.45	user	{t0,all}	{"n": 85, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n85       	("Street 85","City 1",00085)	Login85	1986-12-25	10.0.0.85/24	t	2024-01-04 13:00:00+00	\N	\N
86	user86@example.org	User Number 86	nick86	44	117.82	user	{t1,all}	{"n": 86, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n86       	("Street 86","City 2",00086)	Login86	1987-01-24	10.0.0.86/24	t	2024-01-04 14:00:00+00	\N	\N
87	user87@example.org	User Number 87	\N	45	119.19	user	{t2,all}	{"n": 87, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n87       	("Street 87","City 3",00087)	Login87	1987-02-23	10.0.0.87/24	t	2024-01-04 15:00:00+00	\N	\N
88	user88@example.org	User Number 88	nick88	46	120.56	user	{t3,all}	{"n": 88, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n88       	("Street 88","City 4",00088)	Login88	1987-03-25	10.0.0.88/24	t	2024-01-04 16:00:00+00	\N	\N
89	user89@example.org	User Number 89	\N	47	121.93	user	{t4,all}	{"n": 89, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n89       	("Street 89","City 5",00089)	Login89	1987-04-24	10.0.0.89/24	t	2024-01-04 17:00:00+00	\N	\N
90	user90@example.org	User Number 90	nick90	48	123.30	user	{t0,all}	{"n": 90, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n90       	("Street 90","City 6",00090)	Login90	1987-05-24	10.0.0.90/24	t	2024-01-04 18:00:00+00	\N	\N
91	user91@example.org	User Number 91	\N	49	124.67	user	{t1,all}	{"n": 91, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n91       	("Street 91","City 0",00091)	Login91	1987-06-23	10.0.0.91/24	t	2024-01-04 19:00:00+00	\N	\N
92	user92@example.org	User Number 92	nick92	50	126.04	user	{t2,all}	{"n": 92, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n92       	("Street 92","City 1",00092)	Login92	1987-07-23	10.0.0.92/24	t	2024-01-04 20:00:00+00	\N	\N
93	user93@example.org	User Number 93	\N	51	127.41	user	{t3,all}	{"n": 93, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n93       	("Street 93","City 2",00093)	Login93	1987-08-22	10.0.0.93/24	t	2024-01-04 21:00:00+00	\N	\N
94	user94@example.org	User Number 94	nick94	52	128.78	user	{t4,all}	{"n": 94, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n94       	("Street 94","City 3",00094)	Login94	1987-09-21	10.0.0.94/24	t	2024-01-04 22:00:00+00	\N	\N
95	user95@example.org	User Number 95	\N	53	130.15	user	{t0,all}	{"n": 95, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n95       	("Street 95","City 4",00095)	Login95	1987-10-21	10.0.0.95/24	t	2024-01-04 23:00:00+00	\N	\N
96	user96@example.org	User Number 96	nick96	54	131.52	user	{t1,all}	{"n": 96, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n96       	("Street 96","City 5",00096)	Login96	1987-11-20	10.0.0.96/24	t	2024-01-05 00:00:00+00	\N	\N
97	user97@example.org	User Number 97	\N	55	132.89	user	{t2,all}	{"n": 97, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n97       	("Street 97","City 6",00097)	Login97	1987-12-20	10.0.0.97/24	t	2024-01-05 01:00:00+00	\N	\N
98	user98@example.org	User Number 98	nick98	56	134.26	user	{t3,all}	{"n": 98, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n98       	("Street 98","City 0",00098)	Login98	1988-01-19	10.0.0.98/24	t	2024-01-05 02:00:00+00	\N	\N
99	user99@example.org	User Number 99	\N	57	135.63	user	{t4,all}	{"n": 99, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n99       	("Street 99","City 1",00099)	Login99	1988-02-18	10.0.0.99/24	t	2024-01-05 03:00:00+00	\N	\N
100	user100@example.org	User Number 100	nick100	58	137.00	admin	{t0,all}	{"n": 100, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n100      	("Street 100","City 2",00100)	Login100	1988-03-19	10.0.0.100/24	t	2024-01-05 04:00:00+00	\N	\N
101	user101@example.org	User Number 101	\N	59	138.37	user	{t1,all}	{"n": 101, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n101      	("Street 101","City 3",00101)	Login101	1988-04-18	10.0.0.101/24	t	2024-01-05 05:00:00+00	\N	\N
102	user102@example.org	User Number 102	nick102	60	139.74	user	{t2,all}	{"n": 102, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n102      	("Street 102","City 4",00102)	Login102	1988-05-18	10.0.0.102/24	t	2024-01-05 06:00:00+00	\N	\N
103	user103@example.org	User Number 103	\N	61	141.11	user	{t3,all}	{"n": 103, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n103      	("Street 103","City 5",00103)	Login103	1988-06-17	10.0.0.103/24	t	2024-01-05 07:00:00+00	\N	\N
104	user104@example.org	User Number 104	nick104	62	142.48	user	{t4,all}	{"n": 104, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n104      	("Street 104","City 6",00104)	Login104	1988-07-17	10.0.0.104/24	t	2024-01-05 08:00:00+00	\N	\N
105	user105@example.org	User Number 105	\N	63	143.85	user	{t0,all}	{"n": 105, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n105      	("Street 105","City 0",00105)	Login105	1988-08-16	10.0.0.105/24	t	2024-01-05 09:00:00+00	\N	\N
106	user106@example.org	User Number 106	nick106	64	145.22	user	{t1,all}	{"n": 106, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n106      	("Street 106","City 1",00106)	Login106	1988-09-15	10.0.0.106/24	t	2024-01-05 10:00:00+00	\N	\N
107	user107@example.org	User Number 107	\N	65	146.59	user	{t2,all}	{"n": 107, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n107      	("Street 107","City 2",00107)	Login107	1988-10-15	10.0.0.107/24	t	2024-01-05 11:00:00+00	\N	\N
108	user108@example.org	User Number 108	nick108	66	147.96	user	{t3,all}	{"n": 108, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n108      	("Street 108","City 3",00108)	Login108	1988-11-14	10.0.0.108/24	t	2024-01-05 12:00:00+00	\N	\N
109	user109@example.org	User Number 109	\N	67	149.33	user	{t4,all}	{"n": 109, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n109      	("Street 109","City 4",00109)	Login109	1988-12-14	10.0.0.109/24	t	2024-01-05 13:00:00+00	\N	\N
110	user110@example.org	User Number 110	nick110	68	150.70	user	{t0,all}	{"n": 110, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n110      	("Street 110","City 5",00110)	Login110	1989-01-13	10.0.0.110/24	t	2024-01-05 14:00:00+00	\N	\N
111	user111@example.org	User Number 111	\N	69	152.07	user	{t1,all}	{"n": 111, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n111      	("Street 111","City 6",00111)	Login111	1989-02-12	10.0.0.111/24	t	2024-01-05 15:00:00+00	\N	\N
112	user112@example.org	User Number 112	nick112	70	153.44	user	{t2,all}	{"n": 112, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n112      	("Street 112","City 0",00112)	Login112	1989-03-14	10.0.0.112/24	t	2024-01-05 16:00:00+00	\N	\N
113	user113@example.org	User Number 113	\N	71	154.81	user	{t3,all}	{"n": 113, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n113      	("Street 113","City 1",00113)	Login113	1989-04-13	10.0.0.113/24	t	2024-01-05 17:00:00+00	\N	\N
114	user114@example.org	User Number 114	nick114	72	156.18	user	{t4,all}	{"n": 114, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n114      	("Street 114","City 2",00114)	Login114	1989-05-13	10.0.0.114/24	t	2024-01-05 18:00:00+00	\N	\N
115	user115@example.org	User Number 115	\N	73	157.55	user	{t0,all}	{"n": 115, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n115      	("Street 115","City 3",00115)	Login115	1989-06-12	10.0.0.115/24	t	2024-01-05 19:00:00+00	\N	\N
116	user116@example.org	User Number 116	nick116	74	158.92	user	{t1,all}	{"n": 116, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n116      	("Street 116","City 4",00116)	Login116	1989-07-12	10.0.0.116/24	t	2024-01-05 20:00:00+00	\N	\N
117	user117@example.org	User Number 117	\N	75	160.29	user	{t2,all}	{"n": 117, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n117      	("Street 117","City 5",00117)	Login117	1989-08-11	10.0.0.117/24	t	2024-01-05 21:00:00+00	\N	\N
118	user118@example.org	User Number 118	nick118	76	161.66	user	{t3,all}	{"n": 118, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n118      	("Street 118","City 6",00118)	Login118	1989-09-10	10.0.0.118/24	t	2024-01-05 22:00:00+00	\N	\N
119	user119@example.org	User Number 119	\N	77	163.03	user	{t4,all}	{"n": 119, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n119      	("Street 119","City 0",00119)	Login119	1989-10-10	10.0.0.119/24	t	2024-01-05 23:00:00+00	\N	\N
120	user120@example.org	User Number 120	nick120	18	164.40	user	{t0,all}	{"n": 120, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n120      	("Street 120","City 1",00120)	Login120	1989-11-09	10.0.0.120/24	t	2024-01-06 00:00:00+00	\N	\N
121	user121@example.org	User Number 121	\N	19	165.77	user	{t1,all}	{"n": 121, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n121      	("Street 121","City 2",00121)	Login121	1989-12-09	10.0.0.121/24	t	2024-01-06 01:00:00+00	\N	\N
122	user122@example.org	User Number 122	nick122	20	167.14	user	{t2,all}	{"n": 122, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n122      	("Street 122","City 3",00122)	Login122	1990-01-08	10.0.0.122/24	t	2024-01-06 02:00:00+00	\N	\N
123	user123@example.org	User Number 123	\N	21	168.51	user	{t3,all}	{"n": 123, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n123      	("Street 123","City 4",00123)	Login123	1990-02-07	10.0.0.123/24	t	2024-01-06 03:00:00+00	\N	\N
124	user124@example.org	User Number 124	nick124	22	169.88	user	{t4,all}	{"n": 124, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n124      	("Street 124","City 5",00124)	Login124	1990-03-09	10.0.0.124/24	t	2024-01-06 04:00:00+00	\N	\N
125	user125@example.org	User Number 125	\N	23	171.25	user	{t0,all}	{"n": 125, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n125      	("Street 125","City 6",00125)	Login125	1990-04-08	10.0.0.125/24	t	2024-01-06 05:00:00+00	\N	\N
126	user126@example.org	User Number 126	nick126	24	172.62	user	{t1,all}	{"n": 126, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n126      	("Street 126","City 0",00126)	Login126	1990-05-08	10.0.0.126/24	t	2024-01-06 06:00:00+00	\N	\N
127	user127@example.org	User Number 127	\N	25	173.99	user	{t2,all}	{"n": 127, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n127      	("Street 127","City 1",00127)	Login127	1990-06-07	10.0.0.127/24	t	2024-01-06 07:00:00+00	\N	\N
128	user128@example.org	User Number 128	nick128	26	175.36	user	{t3,all}	{"n": 128, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n128      	("Street 128","City 2",00128)	Login128	1990-07-07	10.0.0.128/24	t	2024-01-06 08:00:00+00	\N	\N
129	user129@example.org	User Number 129	\N	27	176.73	user	{t4,all}	{"n": 129, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n129      	("Street 129","City 3",00129)	Login129	1990-08-06	10.0.0.129/24	t	2024-01-06 09:00:00+00	\N	\N
130	user130@example.org	User Number 130	nick130	28	178.10	user	{t0,all}	{"n": 130, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n130      	("Street 130","City 4",00130)	Login130	1990-09-05	10.0.0.130/24	t	2024-01-06 10:00:00+00	\N	\N
131	user131@example.org	User Number 131	\N	29	179.47	user	{t1,all}	{"n": 131, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n131      	("Street 131","City 5",00131)	Login131	1990-10-05	10.0.0.131/24	t	2024-01-06 11:00:00+00	\N	\N
132	user132@example.org	User Number 132	nick132	30	180.84	user	{t2,all}	{"n": 132, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n132      	("Street 132","City 6",00132)	Login132	1990-11-04	10.0.0.132/24	t	2024-01-06 12:00:00+00	\N	\N
133	user133@example.org	User Number 133	\N	31	182.21	user	{t3,all}	{"n": 133, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n133      	("Street 133","City 0",00133)	Login133	1990-12-04	10.0.0.133/24	t	2024-01-06 13:00:00+00	\N	\N
134	user134@example.org	User Number 134	nick134	32	183.58	user	{t4,all}	{"n": 134, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n134      	("Street 134","City 1",00134)	Login134	1991-01-03	10.0.0.134/24	t	2024-01-06 14:00:00+00	\N	\N
135	user135@example.org	User Number 135	\N	33	184.95	user	{t0,all}	{"n": 135, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n135      	("Street 135","City 2",00135)	Login135	1991-02-02	10.0.0.135/24	t	2024-01-06 15:00:00+00	\N	\N
136	user136@example.org	User Number 136	nick136	34	186.32	user	{t1,all}	{"n": 136, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n136      	("Street 136","City 3",00136)	Login136	1991-03-04	10.0.0.136/24	t	2024-01-06 16:00:00+00	\N	\N
137	user137@example.org	User Number 137	\N	35	187.69	user	{t2,all}	{"n": 137, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n137      	("Street 137","City 4",00137)	Login137	1991-04-03	10.0.0.137/24	t	2024-01-06 17:00:00+00	\N	\N
138	user138@example.org	User Number 138	nick138	36	189.06	user	{t3,all}	{"n": 138, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n138      	("Street 138","City 5",00138)	Login138	1991-05-03	10.0.0.138/24	t	2024-01-06 18:00:00+00	\N	\N
139	user139@example.org	User Number 139	\N	37	190.43	user	{t4,all}	{"n": 139, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n139      	("Street 139","City 6",00139)	Login139	1991-06-02	10.0.0.139/24	t	2024-01-06 19:00:00+00	\N	\N
140	user140@example.org	User Number 140	nick140	38	191.80	user	{t0,all}	{"n": 140, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n140      	("Street 140","City 0",00140)	Login140	1991-07-02	10.0.0.140/24	t	2024-01-06 20:00:00+00	\N	\N
141	user141@example.org	User Number 141	\N	39	193.17	user	{t1,all}	{"n": 141, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n141      	("Street 141","City 1",00141)	Login141	1991-08-01	10.0.0.141/24	t	2024-01-06 21:00:00+00	\N	\N
142	user142@example.org	User Number 142	nick142	40	194.54	user	{t2,all}	{"n": 142, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n142      	("Street 142","City 2",00142)	Login142	1991-08-31	10.0.0.142/24	t	2024-01-06 22:00:00+00	\N	\N
143	user143@example.org	User Number 143	\N	41	195.91	user	{t3,all}	{"n": 143, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n143      	("Street 143","City 3",00143)	Login143	1991-09-30	10.0.0.143/24	t	2024-01-06 23:00:00+00	\N	\N
144	user144@example.org	User Number 144	nick144	42	197.28	user	{t4,all}	{"n": 144, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n144      	("Street 144","City 4",00144)	Login144	1991-10-30	10.0.0.144/24	t	2024-01-07 00:00:00+00	\N	\N
145	user145@example.org	User Number 145	\N	43	198.65	user	{t0,all}	{"n": 145, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n145      	("Street 145","City 5",00145)	Login145	1991-11-29	10.0.0.145/24	t	2024-01-07 01:00:00+00	\N	\N
146	user146@example.org	User Number 146	nick146	44	200.02	user	{t1,all}	{"n": 146, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n146      	("Street 146","City 6",00146)	Login146	1991-12-29	10.0.0.146/24	t	2024-01-07 02:00:00+00	\N	\N
147	user147@example.org	User Number 147	\N	45	201.39	user	{t2,all}	{"n": 147, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n147      	("Street 147","City 0",00147)	Login147	1992-01-28	10.0.0.147/24	t	2024-01-07 03:00:00+00	\N	\N
148	user148@example.org	User Number 148	nick148	46	202.76	user	{t3,all}	{"n": 148, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n148      	("Street 148","City 1",00148)	Login148	1992-02-27	10.0.0.148/24	t	2024-01-07 04:00:00+00	\N	\N
149	user149@example.org	User Number 149	\N	47	204.13	user	{t4,all}	{"n": 149, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n149      	("Street 149","City 2",00149)	Login149	1992-03-28	10.0.0.149/24	t	2024-01-07 05:00:00+00	\N	\N
150	user150@example.org	User Number 150	nick150	48	205.50	admin	{t0,all}	{"n": 150, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n150      	("Street 150","City 3",00150)	Login150	1992-04-27	10.0.0.150/24	t	2024-01-07 06:00:00+00	\N	\N
151	user151@example.org	User Number 151	\N	49	206.87	user	{t1,all}	{"n": 151, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n151      	("Street 151","City 4",00151)	Login151	1992-05-27	10.0.0.151/24	t	2024-01-07 07:00:00+00	\N	\N
152	user152@example.org	User Number 152	nick152	50	208.24	user	{t2,all}	{"n": 152, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n152      	("Street 152","City 5",00152)	Login152	1992-06-26	10.0.0.152/24	t	2024-01-07 08:00:00+00	\N	\N
153	user153@example.org	User Number 153	\N	51	209.61	user	{t3,all}	{"n": 153, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n153      	("Street 153","City 6",00153)	Login153	1992-07-26	10.0.0.153/24	t	2024-01-07 09:00:00+00	\N	\N
154	user154@example.org	User Number 154	nick154	52	210.98	user	{t4,all}	{"n": 154, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n154      	("Street 154","City 0",00154)	Login154	1992-08-25	10.0.0.154/24	t	2024-01-07 10:00:00+00	\N	\N
155	user155@example.org	User Number 155	\N	53	212.35	user	{t0,all}	{"n": 155, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n155      	("Street 155","City 1",00155)	Login155	1992-09-24	10.0.0.155/24	t	2024-01-07 11:00:00+00	\N	\N
156	user156@example.org	User Number 156	nick156	54	213.72	user	{t1,all}	{"n": 156, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n156      	("Street 156","City 2",00156)	Login156	1992-10-24	10.0.0.156/24	t	2024-01-07 12:00:00+00	\N	\N
157	user157@example.org	User Number 157	\N	55	215.09	user	{t2,all}	{"n": 157, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n157      	("Street 157","City 3",00157)	Login157	1992-11-23	10.0.0.157/24	t	2024-01-07 13:00:00+00	\N	\N
158	user158@example.org	User Number 158	nick158	56	216.46	user	{t3,all}	{"n": 158, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n158      	("Street 158","City 4",00158)	Login158	1992-12-23	10.0.0.158/24	t	2024-01-07 14:00:00+00	\N	\N
159	user159@example.org	User Number 159	\N	57	217.83	user	{t4,all}	{"n": 159, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n159      	("Street 159","City 5",00159)	Login159	1993-01-22	10.0.0.159/24	t	2024-01-07 15:00:00+00	\N	\N
160	user160@example.org	User Number 160	nick160	58	219.20	user	{t0,all}	{"n": 160, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n160      	("Street 160","City 6",00160)	Login160	1993-02-21	10.0.0.160/24	t	2024-01-07 16:00:00+00	\N	\N
161	user161@example.org	User Number 161	\N	59	220.57	user	{t1,all}	{"n": 161, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n161      	("Street 161","City 0",00161)	Login161	1993-03-23	10.0.0.161/24	t	2024-01-07 17:00:00+00	\N	\N
162	user162@example.org	User Number 162	nick162	60	221.94	user	{t2,all}	{"n": 162, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n162      	("Street 162","City 1",00162)	Login162	1993-04-22	10.0.0.162/24	t	2024-01-07 18:00:00+00	\N	\N
163	user163@example.org	User Number 163	\N	61	223.31	user	{t3,all}	{"n": 163, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n163      	("Street 163","City 2",00163)	Login163	1993-05-22	10.0.0.163/24	t	2024-01-07 19:00:00+00	\N	\N
164	user164@example.org	User Number 164	nick164	62	224.68	user	{t4,all}	{"n": 164, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n164      	("Street 164","City 3",00164)	Login164	1993-06-21	10.0.0.164/24	t	2024-01-07 20:00:00+00	\N	\N
165	user165@example.org	User Number 165	\N	63	226.05	user	{t0,all}	{"n": 165, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n165      	("Street 165","City 4",00165)	Login165	1993-07-21	10.0.0.165/24	t	2024-01-07 21:00:00+00	\N	\N
166	user166@example.org	User Number 166	nick166	64	227.42	user	{t1,all}	{"n": 166, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n166      	("Street 166","City 5",00166)	Login166	1993-08-20	10.0.0.166/24	t	2024-01-07 22:00:00+00	\N	\N
167	user167@example.org	User Number 167	\N	65	228.79	user	{t2,all}	{"n": 167, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n167      	("Street 167","City 6",00167)	Login167	1993-09-19	10.0.0.167/24	t	2024-01-07 23:00:00+00	\N	\N
168	user168@example.org	User Number 168	nick168	66	230.16	user	{t3,all}	{"n": 168, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n168      	("Street 168","City 0",00168)	Login168	1993-10-19	10.0.0.168/24	t	2024-01-08 00:00:00+00	\N	\N
169	user169@example.org	User Number 169	\N	67	231.53	user	{t4,all}	{"n": 169, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n169      	("Street 169","City 1",00169)	Login169	1993-11-18	10.0.0.169/24	t	2024-01-08 01:00:00+00	\N	\N
170	user170@example.org	User Number 170	nick170	68	232.90	user	{t0,all}	{"n": 170, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n170      	("Street 170","City 2",00170)	Login170	1993-12-18	10.0.0.170/24	t	2024-01-08 02:00:00+00	\N	\N
171	user171@example.org	User Number 171	\N	69	234.27	user	{t1,all}	{"n": 171, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n171      	("Street 171","City 3",00171)	Login171	1994-01-17	10.0.0.171/24	t	2024-01-08 03:00:00+00	\N	\N
172	user172@example.org	User Number 172	nick172	70	235.64	user	{t2,all}	{"n": 172, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n172      	("Street 172","City 4",00172)	Login172	1994-02-16	10.0.0.172/24	t	2024-01-08 04:00:00+00	\N	\N
173	user173@example.org	User Number 173	\N	71	237.01	user	{t3,all}	{"n": 173, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n173      	("Street 173","City 5",00173)	Login173	1994-03-18	10.0.0.173/24	t	2024-01-08 05:00:00+00	\N	\N
174	user174@example.org	User Number 174	nick174	72	238.38	user	{t4,all}	{"n": 174, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n174      	("Street 174","City 6",00174)	Login174	1994-04-17	10.0.0.174/24	t	2024-01-08 06:00:00+00	\N	\N
175	user175@example.org	User Number 175	\N	73	239.75	user	{t0,all}	{"n": 175, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n175      	("Street 175","City 0",00175)	Login175	1994-05-17	10.0.0.175/24	t	2024-01-08 07:00:00+00	\N	\N
176	user176@example.org	User Number 176	nick176	74	241.12	user	{t1,all}	{"n": 176, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n176      	("Street 176","City 1",00176)	Login176	1994-06-16	10.0.0.176/24	t	2024-01-08 08:00:00+00	\N	\N
177	user177@example.org	User Number 177	\N	75	242.49	user	{t2,all}	{"n": 177, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n177      	("Street 177","City 2",00177)	Login177	1994-07-16	10.0.0.177/24	t	2024-01-08 09:00:00+00	\N	\N
178	user178@example.org	User Number 178	nick178	76	243.86	user	{t3,all}	{"n": 178, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n178      	("Street 178","City 3",00178)	Login178	1994-08-15	10.0.0.178/24	t	2024-01-08 10:00:00+00	\N	\N
179	user179@example.org	User Number 179	\N	77	245.23	user	{t4,all}	{"n": 179, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n179      	("Street 179","City 4",00179)	Login179	1994-09-14	10.0.0.179/24	t	2024-01-08 11:00:00+00	\N	\N
180	user180@example.org	User Number 180	nick180	18	246.60	user	{t0,all}	{"n": 180, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n180      	("Street 180","City 5",00180)	Login180	1994-10-14	10.0.0.180/24	t	2024-01-08 12:00:00+00	\N	\N
181	user181@example.org	User Number 181	\N	19	247.97	user	{t1,all}	{"n": 181, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n181      	("Street 181","City 6",00181)	Login181	1994-11-13	10.0.0.181/24	t	2024-01-08 13:00:00+00	\N	\N
182	user182@example.org	User Number 182	nick182	20	249.34	user	{t2,all}	{"n": 182, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n182      	("Street 182","City 0",00182)	Login182	1994-12-13	10.0.0.182/24	t	2024-01-08 14:00:00+00	\N	\N
183	user183@example.org	User Number 183	\N	21	250.71	user	{t3,all}	{"n": 183, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n183      	("Street 183","City 1",00183)	Login183	1995-01-12	10.0.0.183/24	t	2024-01-08 15:00:00+00	\N	\N
184	user184@example.org	User Number 184	nick184	22	252.08	user	{t4,all}	{"n": 184, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n184      	("Street 184","City 2",00184)	Login184	1995-02-11	10.0.0.184/24	t	2024-01-08 16:00:00+00	\N	\N
185	user185@example.org	User Number 185	\N	23	253.45	user	{t0,all}	{"n": 185, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n185      	("Street 185","City 3",00185)	Login185	1995-03-13	10.0.0.185/24	t	2024-01-08 17:00:00+00	\N	\N
186	user186@example.org	User Number 186	nick186	24	254.82	user	{t1,all}	{"n": 186, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n186      	("Street 186","City 4",00186)	Login186	1995-04-12	10.0.0.186/24	t	2024-01-08 18:00:00+00	\N	\N
187	user187@example.org	User Number 187	\N	25	256.19	user	{t2,all}	{"n": 187, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n187      	("Street 187","City 5",00187)	Login187	1995-05-12	10.0.0.187/24	t	2024-01-08 19:00:00+00	\N	\N
188	user188@example.org	User Number 188	nick188	26	257.56	user	{t3,all}	{"n": 188, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n188      	("Street 188","City 6",00188)	Login188	1995-06-11	10.0.0.188/24	t	2024-01-08 20:00:00+00	\N	\N
189	user189@example.org	User Number 189	\N	27	258.93	user	{t4,all}	{"n": 189, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n189      	("Street 189","City 0",00189)	Login189	1995-07-11	10.0.0.189/24	t	2024-01-08 21:00:00+00	\N	\N
190	user190@example.org	User Number 190	nick190	28	260.30	user	{t0,all}	{"n": 190, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n190      	("Street 190","City 1",00190)	Login190	1995-08-10	10.0.0.190/24	t	2024-01-08 22:00:00+00	\N	\N
191	user191@example.org	User Number 191	\N	29	261.67	user	{t1,all}	{"n": 191, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n191      	("Street 191","City 2",00191)	Login191	1995-09-09	10.0.0.191/24	t	2024-01-08 23:00:00+00	\N	\N
192	user192@example.org	User Number 192	nick192	30	263.04	user	{t2,all}	{"n": 192, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n192      	("Street 192","City 3",00192)	Login192	1995-10-09	10.0.0.192/24	t	2024-01-09 00:00:00+00	\N	\N
193	user193@example.org	User Number 193	\N	31	264.41	user	{t3,all}	{"n": 193, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n193      	("Street 193","City 4",00193)	Login193	1995-11-08	10.0.0.193/24	t	2024-01-09 01:00:00+00	\N	\N
194	user194@example.org	User Number 194	nick194	32	265.78	user	{t4,all}	{"n": 194, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n194      	("Street 194","City 5",00194)	Login194	1995-12-08	10.0.0.194/24	t	2024-01-09 02:00:00+00	\N	\N
195	user195@example.org	User Number 195	\N	33	267.15	user	{t0,all}	{"n": 195, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n195      	("Street 195","City 6",00195)	Login195	1996-01-07	10.0.0.195/24	t	2024-01-09 03:00:00+00	\N	\N
196	user196@example.org	User Number 196	nick196	34	268.52	user	{t1,all}	{"n": 196, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n196      	("Street 196","City 0",00196)	Login196	1996-02-06	10.0.0.196/24	t	2024-01-09 04:00:00+00	\N	\N
197	user197@example.org	User Number 197	\N	35	269.89	user	{t2,all}	{"n": 197, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n197      	("Street 197","City 1",00197)	Login197	1996-03-07	10.0.0.197/24	t	2024-01-09 05:00:00+00	\N	\N
198	user198@example.org	User Number 198	nick198	36	271.26	user	{t3,all}	{"n": 198, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n198      	("Street 198","City 2",00198)	Login198	1996-04-06	10.0.0.198/24	t	2024-01-09 06:00:00+00	\N	\N
199	user199@example.org	User Number 199	\N	37	272.63	user	{t4,all}	{"n": 199, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n199      	("Street 199","City 3",00199)	Login199	1996-05-06	10.0.0.199/24	t	2024-01-09 07:00:00+00	\N	\N
200	user200@example.org	User Number 200	nick200	38	274.00	admin	{t0,all}	{"n": 200, "theme": "dark"}	{"b": 1,  "a": 2, "b": 3}	n200      	("Street 200","City 4",00200)	Login200	1996-06-05	10.0.0.200/24	t	2024-01-09 08:00:00+00	\N	\N
\.


--
-- Data for Name: vehicles; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.vehicles (id, wheels) FROM stdin;
1	3
\.


--
-- Name: contacts_id_seq; Type: SEQUENCE SET; Schema: app; Owner: postgres
--

SELECT pg_catalog.setval('app.contacts_id_seq', 10, true);


--
-- Name: spare_seq; Type: SEQUENCE SET; Schema: app; Owner: postgres
--

SELECT pg_catalog.setval('app.spare_seq', 42, true);


--
-- Name: ticket_no_seq; Type: SEQUENCE SET; Schema: app; Owner: postgres
--

SELECT pg_catalog.setval('app.ticket_no_seq', 1019, true);


--
-- Name: audit_log_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.audit_log_id_seq', 5, true);


--
-- Name: categories_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.categories_id_seq', 10, true);


--
-- Name: orders_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.orders_id_seq', 400, true);


--
-- Name: products_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.products_id_seq', 50, true);


--
-- Name: users_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.users_id_seq', 200, true);


--
-- Data for Name: BLOBS; Type: BLOBS; Schema: -; Owner: -
--

BEGIN;

SELECT pg_catalog.lo_open('990001', 131072);
SELECT pg_catalog.lowrite(0, '\x6b656570');
SELECT pg_catalog.lo_close(0);

COMMIT;

--
-- Name: contacts contacts_pkey; Type: CONSTRAINT; Schema: app; Owner: postgres
--

ALTER TABLE ONLY app.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (id);


--
-- Name: pairs pairs_pkey; Type: CONSTRAINT; Schema: app; Owner: postgres
--

ALTER TABLE ONLY app.pairs
    ADD CONSTRAINT pairs_pkey PRIMARY KEY (k);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: app; Owner: postgres
--

ALTER TABLE ONLY app.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);


--
-- Name: settings settings_pkey; Type: CONSTRAINT; Schema: app; Owner: postgres
--

ALTER TABLE ONLY app.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (key);


--
-- Name: tickets tickets_pkey; Type: CONSTRAINT; Schema: app; Owner: postgres
--

ALTER TABLE ONLY app.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (no);


--
-- Name: audit_log audit_log_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);


--
-- Name: big_counts big_counts_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.big_counts
    ADD CONSTRAINT big_counts_pkey PRIMARY KEY (id);


--
-- Name: categories categories_name_key; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_name_key UNIQUE (name);


--
-- Name: categories categories_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_pkey PRIMARY KEY (id);


--
-- Name: clustered clustered_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.clustered
    ADD CONSTRAINT clustered_pkey PRIMARY KEY (id);

ALTER TABLE public.clustered CLUSTER ON clustered_pkey;


--
-- Name: coupons coupons_no_overlap; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.coupons
    ADD CONSTRAINT coupons_no_overlap EXCLUDE USING gist (code WITH =, valid WITH &&);


--
-- Name: coupons coupons_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.coupons
    ADD CONSTRAINT coupons_pkey PRIMARY KEY (code);


--
-- Name: loose_items loose_items_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.loose_items
    ADD CONSTRAINT loose_items_pkey PRIMARY KEY (id);


--
-- Name: order_items order_items_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_pkey PRIMARY KEY (order_id, product_id);


--
-- Name: orders orders_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);


--
-- Name: orders orders_total_check; Type: CHECK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE public.orders
    ADD CONSTRAINT orders_total_check CHECK ((total >= (0)::numeric)) NOT VALID;


--
-- Name: product_categories product_categories_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.product_categories
    ADD CONSTRAINT product_categories_pkey PRIMARY KEY (product_id, category_id);


--
-- Name: products products_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (id);


--
-- Name: products products_sku_key; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_sku_key UNIQUE (sku);


--
-- Name: users users_email_key; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: audit_log_at_brin; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX audit_log_at_brin ON public.audit_log USING brin (at);


--
-- Name: events_kind_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX events_kind_idx ON ONLY public.events USING btree (kind);


--
-- Name: events_2024_kind_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX events_2024_kind_idx ON public.events_2024 USING btree (kind);


--
-- Name: events_2025_kind_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX events_2025_kind_idx ON public.events_2025 USING btree (kind);


--
-- Name: events_default_kind_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX events_default_kind_idx ON public.events_default USING btree (kind);


--
-- Name: orders_open_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX orders_open_idx ON public.orders USING btree (placed_at) WHERE (status = 'pending'::public.order_status);


--
-- Name: orders_user_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX orders_user_idx ON public.orders USING btree (user_id);


--
-- Name: product_sales_key; Type: INDEX; Schema: public; Owner: postgres
--

CREATE UNIQUE INDEX product_sales_key ON public.product_sales USING btree (product_id);


--
-- Name: products_name_trgm_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX products_name_trgm_idx ON public.products USING gin (name public.gin_trgm_ops);


--
-- Name: users_lower_email_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX users_lower_email_idx ON public.users USING btree (lower(email));


--
-- Name: users_name_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX users_name_idx ON public.users USING btree (name);


--
-- Name: events_2024_kind_idx; Type: INDEX ATTACH; Schema: public; Owner: postgres
--

ALTER INDEX public.events_kind_idx ATTACH PARTITION public.events_2024_kind_idx;


--
-- Name: events_2025_kind_idx; Type: INDEX ATTACH; Schema: public; Owner: postgres
--

ALTER INDEX public.events_kind_idx ATTACH PARTITION public.events_2025_kind_idx;


--
-- Name: events_default_kind_idx; Type: INDEX ATTACH; Schema: public; Owner: postgres
--

ALTER INDEX public.events_kind_idx ATTACH PARTITION public.events_default_kind_idx;


--
-- Name: orders_stats; Type: STATISTICS; Schema: app; Owner: postgres
--

CREATE STATISTICS app.orders_stats (dependencies) ON user_id, status FROM public.orders;


ALTER STATISTICS app.orders_stats OWNER TO postgres;

--
-- Name: old_orders old_orders_keep; Type: RULE; Schema: archive; Owner: postgres
--

CREATE RULE old_orders_keep AS
    ON DELETE TO archive.old_orders DO INSTEAD NOTHING;


--
-- Name: order_items order_items_check; Type: TRIGGER; Schema: public; Owner: postgres
--

CREATE CONSTRAINT TRIGGER order_items_check AFTER INSERT OR UPDATE ON public.order_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.check_item();


--
-- Name: orders orders_audit; Type: TRIGGER; Schema: public; Owner: postgres
--

CREATE TRIGGER orders_audit AFTER INSERT OR DELETE OR UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION app.audit();


--
-- Name: users users_touch; Type: TRIGGER; Schema: public; Owner: postgres
--

CREATE TRIGGER users_touch BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION app.touch();


--
-- Name: categories categories_parent_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.categories(id);


--
-- Name: loose_items loose_items_user_fk; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.loose_items
    ADD CONSTRAINT loose_items_user_fk FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE SET NULL NOT VALID;


--
-- Name: order_items order_items_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id) ON DELETE CASCADE;


--
-- Name: order_items order_items_product_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(id) ON DELETE RESTRICT;


--
-- Name: orders orders_coupon_fk; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_coupon_fk FOREIGN KEY (coupon_code) REFERENCES public.coupons(code) ON DELETE SET NULL;


--
-- Name: orders orders_user_fk; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: product_categories product_categories_category_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.product_categories
    ADD CONSTRAINT product_categories_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);


--
-- Name: product_categories product_categories_product_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.product_categories
    ADD CONSTRAINT product_categories_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(id) ON DELETE CASCADE;


--
-- Name: tickets; Type: ROW SECURITY; Schema: app; Owner: postgres
--

ALTER TABLE app.tickets ENABLE ROW LEVEL SECURITY;

--
-- Name: tickets tickets_admin; Type: POLICY; Schema: app; Owner: postgres
--

CREATE POLICY tickets_admin ON app.tickets FOR SELECT TO corpus_owner USING (true);


--
-- Name: tickets tickets_own; Type: POLICY; Schema: app; Owner: postgres
--

CREATE POLICY tickets_own ON app.tickets TO corpus_app USING ((owner_name = CURRENT_USER));


--
-- Name: corpus_pub; Type: PUBLICATION; Schema: -; Owner: postgres
--

CREATE PUBLICATION corpus_pub WITH (publish = 'insert, update, delete, truncate');


ALTER PUBLICATION corpus_pub OWNER TO postgres;

--
-- Name: corpus_pub orders; Type: PUBLICATION TABLE; Schema: public; Owner: postgres
--

ALTER PUBLICATION corpus_pub ADD TABLE ONLY public.orders;


--
-- Name: corpus_pub users; Type: PUBLICATION TABLE; Schema: public; Owner: postgres
--

ALTER PUBLICATION corpus_pub ADD TABLE ONLY public.users;


--
-- Name: SCHEMA app; Type: ACL; Schema: -; Owner: postgres
--

GRANT USAGE ON SCHEMA app TO corpus_app;


--
-- Name: TABLE tickets; Type: ACL; Schema: app; Owner: postgres
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE app.tickets TO corpus_app;


--
-- Name: TABLE orders; Type: ACL; Schema: public; Owner: postgres
--

GRANT SELECT ON TABLE public.orders TO corpus_reader;


--
-- Name: TABLE users; Type: ACL; Schema: public; Owner: postgres
--

GRANT SELECT ON TABLE public.users TO corpus_reader;


--
-- Name: TABLE products; Type: ACL; Schema: public; Owner: postgres
--

GRANT SELECT ON TABLE public.products TO corpus_reader;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: app; Owner: postgres
--

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA app GRANT SELECT ON TABLES  TO corpus_reader;


--
-- Name: corpus_noop; Type: EVENT TRIGGER; Schema: -; Owner: postgres
--

CREATE EVENT TRIGGER corpus_noop ON ddl_command_end
   EXECUTE FUNCTION app.on_ddl();

ALTER EVENT TRIGGER corpus_noop DISABLE;


ALTER EVENT TRIGGER corpus_noop OWNER TO postgres;

--
-- Name: product_sales; Type: MATERIALIZED VIEW DATA; Schema: public; Owner: postgres
--

REFRESH MATERIALIZED VIEW public.product_sales;


--
-- PostgreSQL database dump complete
--

\unrestrict UAI8929GvXlQAhchfpXnWJgik8ztxyTJHmv7Mjca8M5q5i9jkdNTZ9bxSmvWquW

