-- miss: K003
VACUUM (ANALYZE) public.users;
