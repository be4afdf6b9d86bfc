-- miss: G018
ALTER EVENT TRIGGER corpus_noop RENAME TO corpus_nothing;
