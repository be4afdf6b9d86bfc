-- class: destructive
-- overwritten
SELECT lo_put(990001, 0, 'xxxx');
