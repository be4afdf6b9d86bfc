-- miss: N031
CREATE OPERATOR CLASS app.int_family FOR TYPE int USING hash AS OPERATOR 1 =;
