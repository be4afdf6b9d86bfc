-- class: destructive
-- cut
BEGIN; SELECT lo_truncate(lo_open(990001, 131072), 0); COMMIT;
