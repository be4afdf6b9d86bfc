-- rule: O010 class=unknown loses=data scope=database lock=none rewrite=no scan=no transaction=no rerun=fails
-- run: no (needs a prepared transaction)
ROLLBACK PREPARED 'corpus';
