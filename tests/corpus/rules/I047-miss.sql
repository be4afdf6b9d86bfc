-- miss: I047
SELECT 'CLOSE';
