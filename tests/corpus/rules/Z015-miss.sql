-- miss: Z015
PREPARE prepared_here AS SELECT 1;
EXECUTE prepared_here;
