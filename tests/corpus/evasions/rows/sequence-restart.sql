-- class: destructive
-- ALTER SEQUENCE
ALTER SEQUENCE app.spare_seq RESTART;
