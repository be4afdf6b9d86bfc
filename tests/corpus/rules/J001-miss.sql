-- miss: J001
SELECT nextval('app.spare_seq');
