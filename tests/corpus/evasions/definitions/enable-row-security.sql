-- class: destructive
-- with no policy every other role sees no row
ALTER TABLE app.contacts ENABLE ROW LEVEL SECURITY;
