-- rule: M026 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE ACCESS METHOD spare_heap TYPE TABLE HANDLER heap_tableam_handler;
