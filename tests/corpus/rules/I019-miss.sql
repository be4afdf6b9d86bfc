-- miss: I019 error=XX000
COPY public.duplicates TO STDOUT;
