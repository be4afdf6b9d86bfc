-- rule: A011 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=yes scan=no transaction=yes rerun=fails
CREATE DOMAIN app.percent AS int CHECK (VALUE BETWEEN 0 AND 100);
-- then:
ALTER TABLE public.big_counts ADD COLUMN share app.percent;
