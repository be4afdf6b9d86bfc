-- miss: H004
ALTER SEQUENCE app.spare_seq START WITH 1;
