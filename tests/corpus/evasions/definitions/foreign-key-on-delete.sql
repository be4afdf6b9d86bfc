-- class: additive
-- a foreign key with ON DELETE CASCADE
ALTER TABLE app.contacts ADD COLUMN user_id int REFERENCES public.users (id) ON DELETE CASCADE;
