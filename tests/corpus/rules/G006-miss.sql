-- miss: G006
ALTER FUNCTION app.spare_fn() DEPENDS ON EXTENSION hstore;
