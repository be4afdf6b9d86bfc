-- class: destructive
ALTER TABLE big_counts ALTER n TYPE app.spare_domain;
DROP DOMAIN app.spare_domain CASCADE;
