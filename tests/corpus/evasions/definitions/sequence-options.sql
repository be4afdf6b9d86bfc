-- class: destructive
-- other options
ALTER SEQUENCE app.spare_seq INCREMENT BY -1;
