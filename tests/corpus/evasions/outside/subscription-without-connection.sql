-- class: additive|unknown|destructive effect=none
-- run: psql
-- rows may come in later
CREATE SUBSCRIPTION corpus_sub CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE);
