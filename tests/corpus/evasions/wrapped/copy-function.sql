-- class: destructive|unknown
-- COPY of a SELECT that calls
COPY (SELECT app.purge_users()) TO '/dev/null';
