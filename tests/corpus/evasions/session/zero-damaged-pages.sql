-- class: destructive effect=none
-- pages are emptied at the next read
SET zero_damaged_pages = on;
