-- near: A091
ALTER TABLE app.pairs NOT OF;
