-- miss: J026
SELECT dblink_connect('host=/nonexistent');
