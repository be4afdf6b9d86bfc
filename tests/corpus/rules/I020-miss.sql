-- miss: I020
COPY public.duplicates FROM '/dev/null';
