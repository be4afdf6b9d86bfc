-- miss: M026
CREATE LANGUAGE spare_heap HANDLER plpgsql_call_handler;
