-- miss: O015
SET enable_seqscan = off;
