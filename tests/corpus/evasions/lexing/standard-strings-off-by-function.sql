-- class: unknown|refused
-- run: psql
-- set_config() is a SET
SELECT set_config('standard_conforming_strings', 'off', false);
SELECT 'a\'' AS one; DROP TABLE archive.old_orders; --';
