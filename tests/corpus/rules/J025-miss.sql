-- miss: J025
SELECT schema_to_xmlschema('spare', true, false, '');
