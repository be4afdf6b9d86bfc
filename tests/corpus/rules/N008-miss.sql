-- miss: N008
CREATE TABLE app.remote_users (id int);
