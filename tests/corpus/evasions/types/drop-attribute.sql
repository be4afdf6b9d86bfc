-- class: destructive
-- data inside every stored value, no table is named
ALTER TYPE app.address DROP ATTRIBUTE zip;
