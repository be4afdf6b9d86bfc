-- miss: N039
CREATE TEXT SEARCH DICTIONARY app.plain_words (TEMPLATE = simple);
