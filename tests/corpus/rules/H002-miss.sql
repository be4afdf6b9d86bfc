-- miss: H002
CREATE SEQUENCE app.temporary;
