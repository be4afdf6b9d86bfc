-- miss: N001
CREATE SERVER spare_server FOREIGN DATA WRAPPER postgres_fdw;
