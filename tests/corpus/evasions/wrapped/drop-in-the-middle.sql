-- class: destructive
-- one subcommand of many
ALTER TABLE public.users ADD COLUMN one int, DROP COLUMN age, ADD COLUMN two int;
