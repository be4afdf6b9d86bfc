-- class: destructive|unknown
-- many texts at once
DO $$
BEGIN
    EXECUTE (SELECT string_agg('DROP TABLE ' || t || ';', '') FROM unnest(ARRAY['archive.old_orders']) AS t);
END $$;
