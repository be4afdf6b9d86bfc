-- rule: O008 class=unknown loses=nothing scope=database lock=none rewrite=no scan=no transaction=yes rerun=fails
-- run: no (only inside a block)
PREPARE TRANSACTION 'corpus';
