-- class: unknown effect=none
-- code in the server
LOAD 'auto_explain';
