-- class: none
-- one number further
SELECT nextval('app.spare_seq');
