-- class: destructive
-- all of them
REASSIGN OWNED BY corpus_owner TO corpus_spare;
