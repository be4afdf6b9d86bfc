-- miss: C021
REINDEX INDEX app.settings_pkey;
