-- class: destructive
-- the old text of a view
CREATE OR REPLACE VIEW app.spare_view AS SELECT 2 AS one;
