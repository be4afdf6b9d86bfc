-- miss: J027
SELECT dblink('host=/nonexistent', 'SELECT 1');
