-- class: none
-- $y$ does not close $x$
SELECT $x$ $y$; DROP TABLE archive.old_orders; $y$ $x$;
