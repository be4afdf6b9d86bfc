-- knex migrate:up

select * from "knex_migrations_lock";

select "name" from "knex_migrations" order by "id" asc;

BEGIN;

update "knex_migrations_lock" set "is_locked" = $1 where "is_locked" = $2;

select * from "knex_migrations_lock";

select "name" from "knex_migrations" order by "id" asc;

select max("batch") as "max_batch" from "knex_migrations";

DROP VIEW open_invoices;

drop table if exists "invoices";

TRUNCATE customers RESTART IDENTITY;

insert into "knex_migrations" ("batch", "migration_time", "name") values ($1, $2, $3);

update "knex_migrations_lock" set "is_locked" = $1;

COMMIT;
