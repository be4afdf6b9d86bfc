-- rule: H011 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
DROP SEQUENCE app.ticket_no_seq CASCADE;
