-- miss: D052
ALTER TYPE app.address RENAME TO attribute;
