-- Words that stand in quotes when they are names.
SELECT ARRAY(SELECT word::text FROM pg_get_keywords() WHERE catcode <> 'U' ORDER BY word COLLATE "C")
