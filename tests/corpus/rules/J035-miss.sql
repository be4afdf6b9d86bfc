-- miss: J035
-- run: no (fails with 42883 on the fixture)
SELECT app.similarity_of('abc', 'abd');
