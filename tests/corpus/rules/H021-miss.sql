-- miss: H021
ALTER SEQUENCE app.spare_seq RENAME TO archive;
