-- knex migrate:up

select * from "knex_migrations_lock";

select "name" from "knex_migrations" order by "id" asc;

BEGIN;

update "knex_migrations_lock" set "is_locked" = $1 where "is_locked" = $2;

select * from "knex_migrations_lock";

select "name" from "knex_migrations" order by "id" asc;

select max("batch") as "max_batch" from "knex_migrations";

alter table "customers" add column "active" boolean not null default '1';

alter table "customers" alter column "email" drop default;

alter table "customers" alter column "email" drop not null;

alter table "customers" alter column "email" type varchar(320) using ("email"::varchar(320));

alter table "customers" alter column "email" set not null;

alter table "customers" alter column "balance" drop default;

alter table "customers" alter column "balance" drop not null;

alter table "customers" alter column "balance" type decimal(8, 1) using ("balance"::decimal(8, 1));

alter table "customers" drop column "notes";

alter table "customers" rename "tier" to "level";

ALTER TYPE tier ADD VALUE IF NOT EXISTS 'platinum';

insert into "knex_migrations" ("batch", "migration_time", "name") values ($1, $2, $3);

update "knex_migrations_lock" set "is_locked" = $1;

COMMIT;
