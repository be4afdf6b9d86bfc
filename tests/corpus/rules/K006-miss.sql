-- miss: K006
COMMIT;
