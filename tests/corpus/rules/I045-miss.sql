-- miss: I045
SELECT 'DECLARE readers CURSOR';
