-- miss: H010
DROP SEQUENCE app.ticket_no_seq CASCADE;
