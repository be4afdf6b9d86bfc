-- miss: N003
CREATE FOREIGN DATA WRAPPER spare_server;
