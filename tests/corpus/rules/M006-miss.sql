-- miss: M006
CREATE SCHEMA pgcrypto;
