-- knex migrate:up

create table "knex_migrations" ("id" serial primary key, "name" varchar(255), "batch" integer, "migration_time" timestamptz);

create table "knex_migrations_lock" ("index" serial primary key, "is_locked" integer);

select * from "knex_migrations_lock";

select * from "knex_migrations_lock";

insert into "knex_migrations_lock" ("is_locked") values ($1);

select "name" from "knex_migrations" order by "id" asc;

BEGIN;

update "knex_migrations_lock" set "is_locked" = $1 where "is_locked" = $2;

select * from "knex_migrations_lock";

select "name" from "knex_migrations" order by "id" asc;

select max("batch") as "max_batch" from "knex_migrations";

create type "tier" as enum ('basic', 'gold');

create table "customers" ("id" serial primary key, "email" varchar(255) not null, "notes" text, "tier" "tier" default 'basic', "balance" decimal(12, 2) default '0', "created_at" timestamptz not null default CURRENT_TIMESTAMP, "updated_at" timestamptz not null default CURRENT_TIMESTAMP);

alter table "customers" add constraint "customers_email_unique" unique ("email");

create table "invoices" ("id" uuid default gen_random_uuid(), "customer_id" integer, "lines" jsonb, "due" date, constraint "invoices_pkey" primary key ("id"));

alter table "invoices" add constraint "invoices_customer_id_foreign" foreign key ("customer_id") references "customers" ("id") on delete CASCADE;

create index "invoices_customer_id_index" on "invoices" ("customer_id");

insert into "customers" ("email", "notes") values ($1, $2), ($3, DEFAULT);

insert into "knex_migrations" ("batch", "migration_time", "name") values ($1, $2, $3);

update "knex_migrations_lock" set "is_locked" = $1;

COMMIT;
