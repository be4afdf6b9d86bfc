-- class: destructive
-- it fires from now on
ALTER EVENT TRIGGER corpus_noop ENABLE;
