-- miss: G017
ALTER EVENT TRIGGER corpus_noop ENABLE;
