-- rule: F010 class=destructive loses=data scope=database lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails loose=lock
-- live: scope=tables:public.products
DROP FUNCTION app.gross(numeric) CASCADE;
