-- class: destructive
-- a dollar quote with a tag is a body like any other
DO $body$ BEGIN DROP TABLE archive.old_orders; END $body$;
