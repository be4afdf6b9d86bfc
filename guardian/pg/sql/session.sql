-- What the session sees before the survey changes its search path.
SELECT pg_catalog.current_setting('search_path'),
       pg_catalog.current_schemas(false)::pg_catalog.text[],
       pg_catalog.current_setting('TimeZone'),
       pg_catalog.current_setting('DateStyle'),
       pg_catalog.current_setting('standard_conforming_strings')
