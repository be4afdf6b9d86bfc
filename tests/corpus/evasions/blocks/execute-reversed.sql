-- class: destructive|unknown
-- spelt backwards
DO $$
BEGIN
    EXECUTE reverse('sredro_dlo.evihcra ELBAT PORD');
END $$;
