-- class: unknown effect=none
-- the other way
COPY public.empty_table FROM PROGRAM 'true';
