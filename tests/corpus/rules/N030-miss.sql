-- miss: N030
CREATE OPERATOR FAMILY app.int_ops USING hash;
