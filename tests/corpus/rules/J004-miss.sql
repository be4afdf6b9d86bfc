-- miss: J004
SELECT set_config('work_mem', '8MB', false), lower('x');
