-- miss: D004
CREATE DOMAIN app.shell AS int;
