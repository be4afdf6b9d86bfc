-- miss: H005
ALTER SEQUENCE app.spare_seq CACHE 5;
