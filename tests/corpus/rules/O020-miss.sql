-- miss: O020
RESET work_mem;
