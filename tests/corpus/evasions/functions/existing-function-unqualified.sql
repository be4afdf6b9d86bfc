-- class: destructive|unknown
-- found by the search path
SET search_path = app, public; SELECT purge_users();
