-- near: A084
ALTER TABLE public.audit_log SET LOGGED;
