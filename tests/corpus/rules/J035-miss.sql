-- miss: J035
SELECT app.similarity_of('abc', 'abd');
