-- miss: I018
COPY public.duplicates TO '/dev/null';
