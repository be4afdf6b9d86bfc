-- miss: O009
COMMIT;
