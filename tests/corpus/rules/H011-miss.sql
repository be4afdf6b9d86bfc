-- miss: H011
DROP SEQUENCE app.spare_seq;
