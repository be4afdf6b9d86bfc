-- rule: Z007 class=unknown
-- run: no (there is no such operator)
SELECT 1 OPERATOR(public.###) 2;
