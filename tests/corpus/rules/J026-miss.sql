-- miss: J026
-- run: no (fails with 08001 on the fixture)
SELECT dblink_connect('host=/nonexistent');
