-- class: destructive
-- an aggregate
DROP AGGREGATE app.product_of(int);
