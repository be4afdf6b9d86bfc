-- miss: L002
COMMENT ON COLUMN public.users.email IS 'Unique';
