SELECT format_type(c.castsource, NULL), format_type(c.casttarget, NULL), c.castfunc, c.castcontext
FROM pg_cast AS c
WHERE c.castfunc >= 16384
ORDER BY 1, 2
