-- miss: O023
RESET work_mem;
