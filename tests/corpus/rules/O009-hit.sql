-- rule: O009 class=unknown loses=data scope=database lock=none rewrite=no scan=no transaction=no rerun=fails
-- run: no (needs a prepared transaction)
COMMIT PREPARED 'corpus';
