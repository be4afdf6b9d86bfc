-- rule: Z014 class=unknown loses=data scope=database
-- run: no (there is no such function)
SELECT public.nobody_knows_this(1);
