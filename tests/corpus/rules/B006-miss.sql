-- miss: B006
CREATE TABLE app.more_pairs (one app.pair);
