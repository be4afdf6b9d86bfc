-- miss: H020
ALTER SEQUENCE app.spare_seq CYCLE;
