-- rule: G017 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE EVENT TRIGGER corpus_spare_ddl ON ddl_command_end EXECUTE FUNCTION app.on_ddl();
