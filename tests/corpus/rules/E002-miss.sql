-- miss: E002
CREATE VIEW app.replace AS SELECT 2 AS one;
