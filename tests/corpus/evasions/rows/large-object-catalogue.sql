-- class: destructive|unknown
-- through its catalogue
DELETE FROM pg_largeobject WHERE loid = 990001;
