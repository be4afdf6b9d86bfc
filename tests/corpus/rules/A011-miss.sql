-- near: A011
CREATE TYPE app.percent AS (share int);
-- then:
ALTER TABLE public.big_counts ADD COLUMN share app.percent;
