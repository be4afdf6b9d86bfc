-- class: additive effect=none
-- COPY FROM adds
COPY app.settings FROM '/dev/null' WHERE key <> 'x';
