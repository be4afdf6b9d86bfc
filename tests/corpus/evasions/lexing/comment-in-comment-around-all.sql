-- class: none
-- the other way round: everything but SELECT 1 is inside the outer comment
/* /* inner */ DROP TABLE archive.old_orders; */ SELECT 1;
