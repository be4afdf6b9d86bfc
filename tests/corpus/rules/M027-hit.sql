-- rule: M027 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE ACCESS METHOD spare_heap TYPE TABLE HANDLER heap_tableam_handler;
-- then:
DROP ACCESS METHOD spare_heap;
