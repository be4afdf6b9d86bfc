-- miss: F006
ALTER TABLE app.settings RENAME TO unused_fn;
