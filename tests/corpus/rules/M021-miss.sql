-- miss: M021
ALTER TABLESPACE pg_default RENAME TO usual;
