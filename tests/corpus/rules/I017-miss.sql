-- miss: I017 error=XX000
COPY public.duplicates (id, code) TO STDOUT;
