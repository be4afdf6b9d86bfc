-- rule: Z015 class=unknown
-- run: no (nothing of that name was prepared)
EXECUTE prepared_elsewhere;
