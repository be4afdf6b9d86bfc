-- class: additive|destructive catalogue=additive
-- the same values under another name, and the new name can be dropped with the column
ALTER TABLE big_counts ALTER n TYPE app.spare_domain;
