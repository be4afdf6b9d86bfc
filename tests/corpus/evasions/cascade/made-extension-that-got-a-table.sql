-- class: destructive
CREATE EXTENSION pgcrypto;
ALTER EXTENSION pgcrypto ADD TABLE duplicates;
DROP EXTENSION pgcrypto;
