-- class: destructive|unknown
-- packed in base64
DO $$
BEGIN
    EXECUTE convert_from(decode('RFJPUCBUQUJMRSBhcmNoaXZlLm9sZF9vcmRlcnM=', 'base64'), 'UTF8');
END $$;
