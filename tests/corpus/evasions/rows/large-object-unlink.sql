-- class: destructive
-- a large object, in no table
SELECT lo_unlink(990001);
