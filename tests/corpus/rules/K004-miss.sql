-- miss: K004
CLUSTER;
