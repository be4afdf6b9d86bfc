-- miss: O006
SAVEPOINT a;
