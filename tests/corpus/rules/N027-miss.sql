-- miss: N027
CREATE TEXT SEARCH CONFIGURATION app.other (COPY = simple);
