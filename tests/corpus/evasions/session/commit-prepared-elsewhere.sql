-- class: unknown effect=none error=42704
-- run: psql
-- prepared by somebody else
COMMIT PREPARED 'somebody';
