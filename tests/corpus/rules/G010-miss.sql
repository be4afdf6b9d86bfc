-- miss: G010
CREATE VIEW spare.t AS SELECT 1 AS one;
