-- class: destructive
-- an index
DROP INDEX public.users_name_idx;
