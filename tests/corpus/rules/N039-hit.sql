-- rule: N039 class=destructive loses=definition scope=schema lock=none rewrite=no scan=no transaction=yes rerun=ok
CREATE TEXT SEARCH DICTIONARY app.plain_words (TEMPLATE = simple);
-- then:
ALTER TEXT SEARCH DICTIONARY app.plain_words (accept = false);
