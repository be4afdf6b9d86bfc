-- class: additive
-- an INSERT in a CTE only adds
WITH more AS (INSERT INTO app.settings VALUES ('new', '1') RETURNING *) SELECT * FROM more;
