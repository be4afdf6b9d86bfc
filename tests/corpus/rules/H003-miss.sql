-- miss: H003
ALTER SEQUENCE app.spare_seq RESTART;
