-- rule: F017 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
CREATE OR REPLACE TRUSTED LANGUAGE plpgsql HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
