-- miss: N029
DROP CAST (app.pair AS text);
