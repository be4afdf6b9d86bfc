-- class: destructive
-- an operator
DROP OPERATOR app.=== (int, int);
