-- miss: L016
SET work_mem = '8MB';
