-- miss: N021
CREATE PUBLICATION spare_sub;
