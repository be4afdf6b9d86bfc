-- class: destructive
-- an index and a constraint that use its operators
DROP EXTENSION btree_gist CASCADE;
