-- miss: J027
-- run: no (fails with 08001 on the fixture)
SELECT dblink('host=/nonexistent', 'SELECT 1');
