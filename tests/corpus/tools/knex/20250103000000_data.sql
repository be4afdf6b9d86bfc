-- knex migrate:up

select * from "knex_migrations_lock";

select "name" from "knex_migrations" order by "id" asc;

BEGIN;

update "knex_migrations_lock" set "is_locked" = $1 where "is_locked" = $2;

select * from "knex_migrations_lock";

select "name" from "knex_migrations" order by "id" asc;

select max("batch") as "max_batch" from "knex_migrations";

update "customers" set "balance" = $1 where "balance" < $2;

insert into "customers" ("active", "email") values ($1, $2) on conflict ("email") do update set "active" = excluded."active", "email" = excluded."email";

delete from "invoices" where "customer_id" is null;

CREATE FUNCTION due_soon(d date) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT d < current_date + 7; $$;
    CREATE VIEW open_invoices AS SELECT * FROM invoices WHERE due_soon(due);

insert into "knex_migrations" ("batch", "migration_time", "name") values ($1, $2, $3);

update "knex_migrations_lock" set "is_locked" = $1;

COMMIT;
