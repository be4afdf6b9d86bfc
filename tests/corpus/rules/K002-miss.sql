-- miss: K002
VACUUM (FULL off) public.users;
