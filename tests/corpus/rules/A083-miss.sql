-- near: A083
ALTER TABLE app.sessions SET UNLOGGED;
