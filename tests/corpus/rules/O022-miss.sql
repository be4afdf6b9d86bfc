-- miss: O022
ALTER TABLE public.orders ALTER CONSTRAINT orders_user_id_fkey DEFERRABLE;
