-- miss: J015
SELECT to_regtype('integer');
