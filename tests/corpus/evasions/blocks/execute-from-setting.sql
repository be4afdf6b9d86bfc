-- class: destructive|unknown
-- text from a setting
SET my.text = 'DROP TABLE archive.old_orders';
DO $$
BEGIN
    EXECUTE current_setting('my.text');
END $$;
