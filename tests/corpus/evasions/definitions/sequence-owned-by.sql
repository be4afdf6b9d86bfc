-- class: destructive
-- a later DROP takes it along
ALTER SEQUENCE app.spare_seq OWNED BY app.settings.key;
