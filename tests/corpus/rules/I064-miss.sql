-- miss: I064
COPY pg_catalog.pg_description TO '/dev/null';
