-- class: destructive|unknown effect=none
-- in COPY ... WHERE: judged though no row comes
COPY app.settings FROM '/dev/null' WHERE app.purge_users() > 0;
