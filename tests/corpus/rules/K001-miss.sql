-- miss: K001
VACUUM (FULL) public.users;
