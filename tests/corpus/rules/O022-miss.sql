-- miss: O022
-- run: no (fails with 42704 on the fixture)
ALTER TABLE public.orders ALTER CONSTRAINT orders_user_id_fkey DEFERRABLE;
