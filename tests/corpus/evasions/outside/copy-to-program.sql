-- class: unknown effect=none
-- a shell command
COPY (SELECT 1) TO PROGRAM 'cat >/dev/null';
