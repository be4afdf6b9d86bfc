-- class: destructive
-- a table of that name was made in another schema
CREATE TABLE app.users (id int); DROP TABLE public.users CASCADE;
