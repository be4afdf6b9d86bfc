-- miss: L020
REASSIGN OWNED BY corpus_owner TO corpus_app;
