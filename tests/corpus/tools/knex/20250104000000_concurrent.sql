-- knex migrate:up

select * from "knex_migrations_lock";

select "name" from "knex_migrations" order by "id" asc;

BEGIN;

update "knex_migrations_lock" set "is_locked" = $1 where "is_locked" = $2;

COMMIT;

select max("batch") as "max_batch" from "knex_migrations";

CREATE INDEX CONCURRENTLY invoices_due ON invoices (due);

insert into "knex_migrations" ("batch", "migration_time", "name") values ($1, $2, $3);

update "knex_migrations_lock" set "is_locked" = $1;
