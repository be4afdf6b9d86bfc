-- class: destructive
-- a text search configuration
DROP TEXT SEARCH CONFIGURATION app.words;
