-- class: additive
-- SQL text inside a view
CREATE VIEW public.made AS SELECT 'DELETE FROM users' AS words;
