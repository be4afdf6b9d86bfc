-- class: destructive
-- defaults lose their sequence
DROP SEQUENCE app.ticket_no_seq CASCADE;
