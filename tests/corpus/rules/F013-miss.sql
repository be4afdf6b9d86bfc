-- miss: F013
SELECT app.spare_fn();
