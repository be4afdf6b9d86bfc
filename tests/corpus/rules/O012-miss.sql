-- miss: O012
SET app.search_path = 'app';
