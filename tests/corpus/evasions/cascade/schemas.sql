-- class: destructive
-- two at once
DROP SCHEMA spare, archive CASCADE;
