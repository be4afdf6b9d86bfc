-- rule: F015 class=unknown loses=data scope=database lock=none rewrite=no scan=no transaction=yes rerun=depends
-- run: no (needs PL/Perl)
DO LANGUAGE plperlu $$ unlink 'x' $$;
