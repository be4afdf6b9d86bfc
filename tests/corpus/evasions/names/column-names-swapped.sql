-- class: destructive effect=additive
-- two columns change places
ALTER TABLE app.contacts RENAME COLUMN email TO tmp; ALTER TABLE app.contacts RENAME COLUMN phone TO email; ALTER TABLE app.contacts RENAME COLUMN tmp TO phone;
