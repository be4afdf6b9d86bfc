-- class: destructive
-- /* after -- opens nothing
-- see /* the ticket
DROP TABLE archive.old_orders;
-- */
